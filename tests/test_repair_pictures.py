"""Proves what is reread from a picture: choices of each place, words and the form's own stretches together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.dictionaries import load_dictionaries
from pipeline.document import Label, Line, Place, Posterior, Role, Status
from pipeline.errors import ModelError
from pipeline.repair import load_repairer
from pipeline.repair.bypicture import ByPicture, least_against
from pipeline.repair.channel import edits
from pipeline.repair.company import Company, Hearing
from pipeline.repair.forest import LEAF, forest_of, load_forest, write_forests
from pipeline.repair.form import FormEvidence
from pipeline.repair.heads import read_head, shipped_recogniser
from pipeline.repair.judge import (
    PICTURE_MODEL_FILE,
    Match,
    added_quotes,
    adds_mark,
    changes_kind_of_place,
    stands_in_words,
)
from pipeline.repair.picture import Picture, picture_of, scores_together
from pipeline.repair.rereading import Lexicon, Middles, reread
from pipeline.repair.rivals import RIVAL_FEATURES, PictureJudge, beside_rivals
from pipeline.repair.shapes import load_shapes
from pipeline.repair.sight import PICTURE_FEATURES, Sighting
from pipeline.repair.verdict import Verdict
from pipeline.repair.vocabulary import Vocabulary
from pipeline.repair.words import WordModel, build_word_model
from pipeline.repair.words.recent import WORDS_FILE, recent_logp, write_words
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


def test_a_second_look_has_its_say() -> None:
    """Two looks are weighed as one; what only the second sees is among the candidates."""
    line = seen("区级光荣牌闲冒率", {6: "置"}, 0.999)
    clearer = seen("区级光荣牌闲置率", {6: "冒"}, 0.9)

    once = picture_of([line])
    twice = picture_of([replace(line, second=clearer.posterior)])

    assert once is not None
    assert twice is not None
    texts = ["区级光荣牌闲冒率", "区级光荣牌闲置率"]
    read, meant = once.scores(texts)
    assert meant < read
    again = twice.scores(texts)
    assert again == pytest.approx((once.scores(texts) + twice.second.scores_of_one_look(texts)) / 2)  # type: ignore[union-attr]
    [found] = load_repairer(load_dictionaries()).look(
        [Label(line.text, Role.LEVEL3, (), (replace(line, second=clearer.posterior),))], ()
    )
    by_name = {sighting.match.name: dict(zip(PICTURE_FEATURES, sighting.evidence, strict=True)) for sighting in found}
    assert by_name["区级光荣牌闲置率"]["second_reads_it"] == 1.0
    assert all(evidence["looked_twice"] == evidence["second_differs"] == 1.0 for evidence in by_name.values())


def test_pictures_that_are_scored_together_score_what_each_does_alone() -> None:
    """To the bit, whatever their lengths, looks and texts: what one label is worth depends on no other."""
    short, long = seen("闲冒率", {1: "置"}, 0.6), seen("区级光荣牌闲冒率区级光荣牌闲冒率", {6: "置"}, 0.9)
    twice = replace(seen("机构数最", {3: "量"}, 0.7), second=seen("机构数量", {3: "最"}, 0.8).posterior)
    pictures = [picture for lines in ([short], [long], [twice], [short, long]) if (picture := picture_of(lines))]
    asked = [(picture, texts) for picture in pictures for texts in (["闲冒率", "闲置率", "甲 乙"], ["机构数量"])] * 4

    together = scores_together(asked)

    assert [scores.tolist() for scores in together] == [picture.scores(texts).tolist() for picture, texts in asked]


def test_a_text_unlike_its_picture_has_a_score_all_the_same() -> None:
    """Chances are counted as they are, not as logarithms: however small, they neither vanish nor lose their order."""
    picture = picture_of([seen("区级光荣牌闲冒率区级光荣牌闲冒率", {6: "置"}, 0.999)])

    assert picture is not None
    texts = ["区级光荣牌闲冒率区级光荣牌闲置率", "甲乙丙丁戊己庚辛甲乙丙丁戊己庚辛", "甲" * 30]
    near, far, farther = picture.scores(texts)
    assert np.isfinite([near, far, farther]).all()
    assert near > far >= farther


def test_a_word_misread_all_over_a_form_does_not_hide_the_true_one() -> None:
    """The form's own texts make a word of 牌气; general words alone know 脾气."""
    labels = [
        Label(line.text, Role.LEVEL3, (), (line,))
        for end in ("管理规范性", "保障充足性", "宣传覆盖面", "调查准确性")
        for line in [seen(f"全县牌气{end}", {2: "脾"}, 0.8)]
    ]

    found = load_repairer(load_dictionaries()).look(labels, ())

    assert all(any(s.match.name.startswith("全县脾气") for s in sightings) for sightings in found)


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
    path = data_folder("models") / PICTURE_MODEL_FILE
    judge = PictureJudge(load_forest("picture", PICTURE_FEATURES, path), load_forest("rivals", RIVAL_FEATURES, path))

    assert judge.alone.features == PICTURE_FEATURES
    assert judge.log_odds([[0.0] * len(PICTURE_FEATURES)] * 2).shape == (2,)


def test_a_candidate_is_held_against_its_likeliest_rival() -> None:
    """What is ahead is told by how much; without a rival a candidate is ahead by all there is to say."""
    support = PICTURE_FEATURES.index("support")
    evidence = np.zeros((3, len(PICTURE_FEATURES)))
    evidence[:, support] = (-1.0, -4.0, -9.0)
    odds = np.array([2.0, -1.0, -3.0])

    three = beside_rivals(evidence, odds)
    single = beside_rivals(evidence[:1], odds[:1])

    ahead, by_support = RIVAL_FEATURES.index("odds_ahead"), RIVAL_FEATURES.index("support_ahead")
    assert three[:, ahead].tolist() == [3.0, -3.0, -5.0]
    assert three[:, by_support].tolist() == [3.0, -3.0, -8.0]
    assert three.shape == (3, len(RIVAL_FEATURES))
    assert single[0, ahead] > three[0, ahead]
    assert (three[:, : len(PICTURE_FEATURES)] == evidence).all()


def test_the_order_of_candidates_says_nothing() -> None:
    """A candidate's evidence is of itself and of its rivals, wherever they stand in the list."""
    evidence = np.random.default_rng(5).normal(size=(4, len(PICTURE_FEATURES)))
    odds = np.array([0.5, -2.0, 1.5, -0.5])

    there = beside_rivals(evidence, odds)
    back = beside_rivals(evidence[::-1], odds[::-1])[::-1]

    assert np.allclose(there, back)


def match_of(raw: str, name: str) -> Match:
    cost, found = edits(raw, name, load_shapes())
    return Match(name, cost, found)


def pictured(text: str, others: dict[int, str], sure: float) -> tuple[str, Picture | None]:
    return text, picture_of([seen(text, others, sure)])


def test_all_places_of_a_form_are_asked_of_one_error() -> None:
    """Where 休 and 体 are taken for one another, the sum over the form's labels says which of them is printed."""
    labels = [pictured("军休干部疗养", {1: "体"}, 0.95), pictured("军体文艺汇演", {1: "休"}, 0.55)]
    company = Company(labels, [])

    rest = company.hearing("军体服务时间", match_of("军体服务时间", "军休服务时间"))
    body = company.hearing("军休服务时间", match_of("军休服务时间", "军体服务时间"))

    assert (rest.places, rest.meant, rest.read) == (2, 1, 1)
    assert rest.support > 1.0
    assert body.support < -1.0


def test_a_label_printed_twice_is_no_company() -> None:
    """One label printed twice says nothing new of how it reads."""
    company = Company([pictured("军体服务时间", {}, 0.9)], ["军体服务时间"])

    heard = company.hearing("军体服务时间", match_of("军体服务时间", "军休服务时间"))

    assert heard == Hearing()


def test_a_character_that_no_frame_holds_may_fit_between_its_neighbours() -> None:
    """What names have between 资 and 到 is a choice although the recogniser never thought of it."""
    picture = picture_of([seen("资全到位率", {})])
    assert picture is not None
    middles = Middles(["资金到位率"])

    plain = picture.choices("资全到位率")
    fitted = picture.choices("资全到位率", Lexicon(build_word_model(["资金到位率"]), (), middles).fitting)

    assert "金" not in dict(plain[1])
    assert dict(fitted[1])["金"] > 0.0


def test_a_candidate_that_adds_a_mark_is_told() -> None:
    """Specks of a bad copy look like brackets and stops."""
    for read, meant, adds in (
        ("蒸汽黄金资产", "蒸汽(黄金资产", True),
        ("蒸汽(黄金资产", "蒸汽黄金资产", False),
        ('"军休文艺汇演培训', '"军休文艺汇演"培训', False),  # half a pair asks for the other
        ('"军休文艺汇演"培训', '"军休文艺"汇演"培训', True),
        ("法律援助·保管费", "法律援助、保管费", False),
    ):
        assert adds_mark(read, match_of(read, meant)) is adds


def test_a_phrase_put_in_quotes_is_told_from_specks() -> None:
    """Two quotes around a phrase are lost together; one, or two with another mark, are what specks look like."""
    for read, meant, phrase in (
        ("军休文艺汇演培训", '"军休文艺汇演"培训', '"军休文艺汇演"'),
        ("军体文艺汇演培训", '"军休文艺汇演"培训', '"军休文艺汇演"'),
        ("军休文艺汇演培训", '"军休文艺汇演培训', ""),
        ("军休文艺汇演培训", '"军休文艺汇演"(培训', ""),
        ('军休"文艺汇演培训', '军休"文艺汇演"培训', ""),
    ):
        assert added_quotes(match_of(read, meant)) == phrase


def test_the_form_knows_which_phrases_it_quotes() -> None:
    """A label is no witness for itself, and a long phrase is known by its beginning and its end."""
    lexicon = Lexicon(build_word_model([]), ['"军休文艺汇演"参加人数', '举办"第十届文艺汇演发布会"次数'])

    assert lexicon.holds('"军休文艺汇演"')
    assert lexicon.holds('"第十届文艺汇演发布会"')
    assert not lexicon.holds('"文艺汇演"')
    assert not lexicon.besides('"军休文艺汇演"参加人数').holds('"军休文艺汇演"')


def test_both_quotes_of_a_phrase_come_back_where_the_form_has_them() -> None:
    """Neither half was read; other labels of the form quote the phrase, and the picture has room for the quotes."""
    room = quoted(seen("军休文艺汇演天数", {}), (0, 6))
    label = Label(room.text, Role.LEVEL3, (), (room,))
    repairer = load_repairer(load_dictionaries())

    [known] = repairer.repair_form([label], None, ("“军休文艺汇演”参加人数", "“军休文艺汇演”开展及时性"))
    [strange] = repairer.repair_form([label], None, ("军休文艺汇演参加人数", "军休文艺汇演开展及时性"))

    assert (known.status, known.value) == (Status.REPAIRED, "“军休文艺汇演”天数")
    assert strange.value == "军休文艺汇演天数"


def test_the_kind_of_a_place_is_told() -> None:
    """县 read as 具 all over a form makes no 具 of the one 县 that was read."""
    for read, meant, changes in (
        ("蓟源县推广会天数", "蓟源具推广会天数", True),
        ("蓟源具推广会天数", "蓟源县推广会天数", False),
        ("蓟源县推广会天数", "蓟源县推介会天数", False),
    ):
        assert changes_kind_of_place(match_of(read, meant)) is changes


def test_a_forest_is_written_and_read_again_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    """The file is data: the same numbers come back, and a tree in a circle stops the run, not the machine."""
    trees = [
        [(0, 1.5, 1, 2, 0.0), (LEAF, 0.0, 0, 0, -2.0), (1, 0.0, 3, 4, 0.0), (LEAF, 0, 0, 0, 1.0), (LEAF, 0, 0, 0, 3.0)]
    ]
    forest = forest_of(("a", "b"), trees, 0.5)
    cases = np.array([[1.0, 9.0], [2.0, -1.0], [2.0, 1.0]])

    other = forest_of(("c",), [[(LEAF, 0.0, 0, 0, 7.0)]], 0.0)
    write_forests(tmp_path / "model.json", {"picture": forest, "rivals": other}, {})
    again = load_forest("picture", ("a", "b"), tmp_path / "model.json")
    beside = load_forest("rivals", ("c",), tmp_path / "model.json")

    assert forest.log_odds(cases).tolist() == [-1.5, 1.5, 3.5]
    assert again.log_odds(cases).tolist() == [-1.5, 1.5, 3.5]
    assert beside.log_odds(cases[:1, :1]).tolist() == [7.0]
    broken = tmp_path / "broken.json"
    broken.write_text(
        (tmp_path / "model.json").read_text("utf-8").replace("[1,0.0,3,4,0.0]", "[1,0.0,0,4,0.0]"), "utf-8"
    )
    with pytest.raises(ModelError, match="downwards"):
        load_forest("picture", ("a", "b"), broken)


def test_a_phrase_misread_all_over_a_form_does_not_outvote_the_one_label_read_right(words: WordModel) -> None:
    """Three labels were read 宜讲团 for 宣讲团, each hardly surer: that is one habit of the recogniser, no witness."""
    wrong = [f"鹤林劳模宜讲团走基层{tail}" for tail in ("资金到位率", "培训费标准", "满意度调查")]
    right = seen("鹤林劳模宣讲团走基层制度建设", {}, 0.9)
    labels = [Label("鹤林劳模宣讲团走基层制度建设", Role.LEVEL3, (), (right,))]
    doubted = [Label(text, Role.LEVEL3, (), (seen(text, {4: "宣"}, 0.55),)) for text in wrong]
    plain = [Label(text, Role.LEVEL3) for text in wrong]
    repairer = load_repairer(load_dictionaries())

    [outvoted, *_] = repairer.repair_form([Label(labels[0].text, Role.LEVEL3), *plain], None, ())
    [asked, *_] = repairer.repair_form([*labels, *doubted], None, ())

    assert outvoted.value == "鹤林劳模宜讲团走基层制度建设"
    assert asked.value == "鹤林劳模宣讲团走基层制度建设"


def sighted(support: float = -1.0, **evidence: float) -> Sighting:
    """A candidate with some of its evidence; the rest is 0."""
    row = [evidence.get(name, 0.0) for name in PICTURE_FEATURES]
    return Sighting(Match("智虑时速", 2.0, ()), support, row)


def quoted(line: Line, before: tuple[int, ...]) -> Line:
    """The same line, of which frames before some characters are blank by a hair and hold a quote as well."""
    alphabet, _ = read_head(shipped_recogniser())
    quote = alphabet.index('"') + 1
    assert line.posterior is not None
    symbols, logp = list(line.posterior.symbols), list(line.posterior.logp)
    for place in sorted(before, reverse=True):
        at = 2 * place
        symbols[at:at] = [np.array(row, np.int32) for row in ([0, quote, 1], [0, quote, 1])]
        logp[at:at] = [np.array(row, np.float16) for row in ([-0.7, -0.7, -14.0], [-0.001, -9.0, -12.0])]
    posterior = replace(line.posterior, symbols=np.array(symbols), logp=np.array(logp))
    return replace(line, posterior=posterior)


def test_what_the_forms_other_pictures_speak_against_is_no_repair() -> None:
    """智能 stands sharp in four labels: whatever words say of 智虑 in the fifth, it is not printed there."""
    assert sighted(company=-7.0, company_known=1.0).is_contradicted
    assert not sighted(company=-7.0, company_known=0.0).is_contradicted
    assert not sighted(company=-5.0, company_known=1.0).is_contradicted


def test_it_is_not_the_form_alone_that_speaks_where_pictures_do() -> None:
    """The label's own picture, or those of other labels where its own says as much for either, are no words."""
    assert sighted(0.1).is_seen
    assert sighted(-1.0, company=6.0).is_seen
    assert not sighted(-1.0, company=4.0).is_seen
    assert not sighted(-4.0, company=6.0).is_seen


def test_the_more_the_picture_holds_against_a_name_the_surer_the_rest_must_be() -> None:
    """采集率 is no 采购率 where the picture holds seven nats against it and more and words are two to one for it."""
    assert least_against(sighted(-1.0)) < 0.0 < least_against(sighted(-6.0)) < least_against(sighted(-7.1))


def test_a_strange_word_that_every_look_read_so_is_told() -> None:
    """烈属 is in no list, and words alone make 烈风 of it; a picture that says so is another thing."""
    shapes = load_shapes()
    one, two = (Match(name, *edits("烈属政策知晓率", name, shapes)) for name in ("烈风政策知晓率", "烈风攻策知晓率"))
    strange = replace(sighted(-2.0, raw_lone=2.0), match=one)

    assert strange.changes_strange_word
    assert least_against(strange) > least_against(sighted(-7.1))
    assert not replace(strange, match=two).changes_strange_word
    for seen_so in ({"raw_lone": 3.0}, {"second_differs": 1.0}, {"company": 6.0}, {"last_gain": 2.0}):
        told = sighted(-2.0, **{"raw_lone": 2.0, **seen_so})
        assert not replace(told, match=one).changes_strange_word
    assert not replace(sighted(0.5, raw_lone=2.0), match=one).changes_strange_word


def test_a_strange_word_is_proposed_and_not_changed() -> None:
    """The picture is in some doubt of 属 and words know 烈风 alone: a person is asked."""
    line = seen("烈属政策知晓率", {1: "风"}, 0.9)
    repairer = load_repairer(load_dictionaries()).without_words({"烈属", "属烈"})

    [repair] = repairer.repair_form([Label(line.text, Role.LEVEL3, (), (line,))], None, ())

    assert (repair.status, repair.value, repair.proposal) == (Status.PROPOSED, "烈属政策知晓率", "烈风政策知晓率")


def test_a_label_read_surely_is_not_reread_against_its_picture() -> None:
    """检定 is in no list and 稳定 is; every character was sure, and the picture holds nearly six nats against 稳."""
    assert sighted(-5.9, least_sure_changed=0.99, least_sure_left=0.97).is_unseen
    assert not sighted(-4.0, least_sure_changed=0.99, least_sure_left=0.97).is_unseen
    assert not sighted(-5.9, least_sure_changed=0.9, least_sure_left=0.97).is_unseen


def test_a_word_that_lists_hold_is_told_from_characters_that_stand_alone(words: WordModel) -> None:
    """直播 is as good a word as 直接, only rarer; 闲冒 is none."""
    assert stands_in_words("跨境直播节", match_of("跨境直播节", "跨境直接节"), words)
    assert not stands_in_words("光荣牌闲冒率", match_of("光荣牌闲冒率", "光荣牌闲置率"), words)
    assert not stands_in_words("跨境直播节", match_of("跨境直播节", "跨境直播"), words)


def test_a_label_mended_by_half_is_told() -> None:
    """户籍档案教字化…军: 军 is put right to 率, 教字化 is left and in no word."""
    assert sighted(name_lone=2.0, least_sure_left=0.99).leaves_doubt
    assert sighted(name_lone=1.0, least_sure_left=0.6).leaves_doubt
    assert not sighted(name_lone=1.0, least_sure_left=0.99).leaves_doubt
    assert not sighted(name_lone=0.0, least_sure_left=0.6).leaves_doubt


def test_what_was_mended_is_evidence_for_the_labels_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A form's phrase is misread in another way in each label; the sharpest, once mended, tells how it is written."""
    texts = ("飞插造林成本", "飞据造林面积", "人均办公用房")
    labels = [Label(text, Role.LEVEL3, (), (seen(text, {1: "播"}, 0.55),)) for text in texts]
    asked: list[tuple[str, int]] = []

    def misread(
        _: ByPicture, raw: str, key: str, picture: Picture, form: FormEvidence, *rest: object
    ) -> Verdict | None:
        asked.append((key, form.lexicon.besides(key).held("飞播造林")))
        mended = key.replace("插", "播")
        return Verdict(match_of(key, mended), 3.0, True, "posterior:-1.0") if mended != key else None

    monkeypatch.setattr(ByPicture, "_misread_text", misread)
    [first, *_] = load_repairer(load_dictionaries()).repair_form(labels, None, ())

    assert first.value == "飞播造林成本"
    assert asked[-1] == ("飞据造林面积", 1)
    assert ("飞据造林面积", 0) in asked
    assert [key for key, _ in asked].count("人均办公用房") <= 1


def test_a_word_that_no_list_holds_is_strange_to_a_repairer_that_forgot_it() -> None:
    """The judge of pictures learns from labels whose words it has never heard of, as it will meet them."""
    repairer = load_repairer(load_dictionaries())
    assert "检定" in repairer.general_words("企业检定费用")

    forgetful = repairer.without_words({"检定"})

    assert "检定" not in forgetful.general_words("企业检定费用")
    assert "检定" in repairer.general_words("企业检定费用")


def test_a_row_of_words_is_weighed_as_if_every_stretch_were_asked() -> None:
    """Where no word begins like this, longer stretches are not asked; none of them may have been a word."""
    texts = ["海钓邀请赛举办次数", "海钓邀请赛参与人数", "计划完成率"]
    lexicon = Lexicon(build_word_model(["计划完成率", "项目计划完成率", "任务完成率"]), texts)

    for text in (*texts, "海钓邀请赛安保完成率", "赛请邀钓海", "项目计完成率〇3次", "完"):
        best = [0.0] * (len(text) + 1)
        for i in range(len(text) - 1, -1, -1):
            ends = [(j, lexicon.score(text[i:j])) for j in range(i + 1, min(len(text), i + 8) + 1)]
            best[i] = max(score + best[j] for j, score in ends if score is not None)
        assert lexicon.text(text) == best[0]


def test_a_picture_may_show_words_that_the_general_list_is_too_old_for() -> None:
    """充电桩 and 研学 are words since; text alone is judged by the list that its judges learned from, as before."""
    vocabulary = Vocabulary(load_dictionaries(), load_shapes())

    shown, known = vocabulary.shown_words, vocabulary.words

    assert all(word in shown.logp and word not in known.logp for word in ("充电桩", "研学", "获得感"))
    assert all(shown.logp[word] == logp for word, logp in known.logp.items())
    assert "研学" not in vocabulary.without_words({"研学"}).shown_words.logp


def test_a_younger_word_decides_what_the_picture_shows() -> None:
    """The picture knows 充电桩: where the frames find it nearly as likely as 充电椿, it is what stands there."""
    vocabulary = Vocabulary(load_dictionaries(), load_shapes())
    picture = picture_of([seen("新建充电椿数量", {4: "桩"})])
    assert picture is not None
    choices = picture.choices("新建充电椿数量")

    assert reread(choices, Lexicon(vocabulary.shown_words), 1)[0].text == "新建充电桩数量"
    [own] = {form.text for form in reread(choices, Lexicon(vocabulary.shown_words.without_words({"充电桩"})), 1)}
    assert own == reread(choices, Lexicon(vocabulary.words), 1)[0].text


def test_a_list_of_younger_words_holds_what_the_general_one_lacks(tmp_path: Path) -> None:
    """Common words give the scale, rare ones and what is no row of Hanzi stay out; the same words, the same bytes."""
    counted = {"项目": 4_000, "工作": 5_000, "充电桩": 114, "研学": 2, "App": 90, "扦": 50}
    one, other = tmp_path / "one.gz", tmp_path / "other.gz"

    written = write_words(counted, 3, one)
    write_words(dict(reversed(counted.items())), 3, other)

    assert written == 1
    assert list(recent_logp(one)) == ["充电桩"]
    assert -15.0 < recent_logp(one)["充电桩"] < -8.0
    assert one.read_bytes() == other.read_bytes()


def test_a_broken_list_of_words_is_an_error(tmp_path: Path) -> None:
    """An unreadable list stops the run; it never becomes an empty one."""
    broken = tmp_path / WORDS_FILE
    broken.write_bytes(b"no list")

    with pytest.raises(ModelError, match="reinstall"):
        recent_logp(broken)
