"""Proves what is reread from a picture: choices of each place, words and the form's own stretches together."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.dictionaries import load_dictionaries
from pipeline.document import Label, Line, Place, Posterior, Role, Status
from pipeline.repair import load_repairer
from pipeline.repair.forest import load_forest
from pipeline.repair.heads import read_head, shipped_recogniser
from pipeline.repair.judge import PICTURE_MODEL_FILE
from pipeline.repair.picture import picture_of
from pipeline.repair.rereading import Lexicon, reread
from pipeline.repair.sight import PICTURE_FEATURES
from pipeline.repair.words import WordModel, build_word_model
from pipeline.resources import data_folder
from pipeline.settings import RepairSettings


@pytest.fixture(scope="module")
def words() -> WordModel:
    return build_word_model([name for name in load_dictionaries().names("level3") if len(name) > 3])


def seen(text: str, others: dict[int, str], sure: float = 0.6) -> Line:
    """A line whose frames spell `text`, with another character at some places for the rest of the mass."""
    alphabet, _ = read_head(shipped_recogniser())
    index = {character: number for number, character in enumerate(alphabet, start=1)}
    symbols, logp = [], []
    for place, read in enumerate(text):
        other = index[others.get(place, "乂")]
        share = sure if place in others else 0.999
        symbols += [[index[read], other, 0], [0, index[read], other]]
        logp += [[np.log(share), np.log(1 - share), -14.0], [-0.001, -8.0, -12.0]]
    posterior = Posterior(np.array(symbols, np.int32), np.array(logp, np.float16), "onnxruntime:PP-OCRv6_small_rec:x")
    return Line(text, Place(page=0), 0.6, posterior)


def test_the_words_choose_among_what_the_picture_allows(words: WordModel) -> None:
    """配套车 is no word and 配套率 is; the picture finds both nearly as likely."""
    places = [[("配", 0.0)], [("套", 0.0)], [("车", 0.0), ("率", 2.0), ("军", 1.0)]]

    best = reread(places, Lexicon(words), 3)

    assert best[0].text == "配套率"
    assert {reading.text for reading in best} == {"配套率", "配套车", "配套军"}
    assert best[0].cost == 2.0


def test_the_form_knows_words_that_no_list_holds(words: WordModel) -> None:
    """瑞泉 is a place in this form only; without the form the reading stays."""
    places = [[("端", 0.0), ("瑞", 2.0)], [("泉", 0.0)], [("镇", 0.0)]]

    alone = reread(places, Lexicon(words), 1)
    with_form = reread(places, Lexicon(words, ["瑞泉镇文化站", "瑞泉镇人民政府", "端泉镇"]).besides("端泉镇"), 1)

    assert alone[0].text == "端泉镇"
    assert with_form[0].text == "瑞泉镇"


def test_a_label_is_no_witness_for_itself(words: WordModel) -> None:
    """A label is among its form's texts; counted there, every misreading would prove itself."""
    lexicon = Lexicon(words, ["端泉镇", "瑞泉镇"])

    assert lexicon.held("端泉镇") == 1
    assert lexicon.besides("端泉镇").held("端泉镇") == 0
    assert lexicon.besides("端泉镇").held("瑞泉镇") == 1


def test_a_speck_is_no_better_reading_than_a_character(words: WordModel) -> None:
    """To the word model marks are free; a dot in place of a character would otherwise be the likeliest of all."""
    places = [[("烈", 0.0)], [("士", 0.0), ("·", 1.0), (";", 1.0)], [("墓", 0.0)]]

    assert reread(places, Lexicon(words), 1)[0].text == "烈士墓"


def test_each_place_offers_what_its_frames_hold() -> None:
    """What was read costs nothing; what else the frames allow costs how much less likely it is."""
    picture = picture_of([seen("机构数最", {3: "量"}, 0.7)])
    assert picture is not None

    choices = picture.choices("机构数最")

    assert [place[0] for place in choices] == [("机", 0.0), ("构", 0.0), ("数", 0.0), ("最", 0.0)]
    assert dict(choices[3])["量"] == pytest.approx(np.log(0.7 / 0.3), abs=0.05)
    assert picture.choices("机构数量") == []  # mended since: the frames no longer spell it


def test_a_misread_name_that_no_dictionary_holds_is_mended() -> None:
    """闲冒率 is no word, and the picture allows 置; text alone would have to guess."""
    line = seen("区级光荣牌闲冒率", {6: "置"}, 0.55)

    [repair] = load_repairer(load_dictionaries()).repair_form([Label(line.text, Role.LEVEL3, (), (line,))], None, ())

    assert (repair.status, repair.value, repair.origin) == (Status.REPAIRED, "区级光荣牌闲置率", "misread")


def test_figures_are_left_as_they_were_read() -> None:
    """2019 and 2018 are both years, whatever the picture would also allow."""
    line = seen("2018年度渔港升级改造成本", {3: "9"}, 0.51)

    [repair] = load_repairer(load_dictionaries()).repair_form(
        [Label(line.text, Role.LEVEL3, (), (line,))], None, ("2019年度渔港升级改造",)
    )

    assert repair.value == line.text


def test_weak_proposals_are_not_made() -> None:
    """A proposal that is right one time in ten takes more time than it saves; the setting says where that begins."""
    labels = [Label("资金使用合规", Role.LEVEL3)]
    words = load_dictionaries()

    [usual] = load_repairer(words).repair_form(labels, None, ())
    [strict] = load_repairer(words, RepairSettings(least_proposal=0.999)).repair_form(labels, None, ())

    assert (usual.status, usual.proposal) == (Status.PROPOSED, "资金使用合规性")
    assert strict.status is Status.UNKNOWN


def test_the_picture_model_weighs_what_this_version_gathers() -> None:
    """The shipped file and the code agree on the evidence; load_forest refuses anything else."""
    judge = load_forest("picture", PICTURE_FEATURES, data_folder("models") / PICTURE_MODEL_FILE)

    assert judge.features == PICTURE_FEATURES
    assert judge.log_odds(np.zeros((1, len(PICTURE_FEATURES)))).shape == (1,)
