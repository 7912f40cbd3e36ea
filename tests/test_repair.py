"""pipeline.repair: sure repairs are made, likely ones proposed, everything else is left alone."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.dictionaries import Dictionaries, Name, Vocabulary, load_dictionaries
from pipeline.document import Label, Line, Place, Posterior, Repair, Role, Status
from pipeline.errors import ModelError
from pipeline.evaluation.labels import by_repairer, score_forms, without
from pipeline.repair import Repairer, load_repairer
from pipeline.repair.channel import Edit, edits
from pipeline.repair.context import Texts
from pipeline.repair.folding import folded
from pipeline.repair.heads import read_head, shipped_recogniser
from pipeline.repair.judge import FEATURES, Match, load_judge
from pipeline.repair.names import NameIndex
from pipeline.repair.picture import picture_of
from pipeline.repair.shapes import load_shapes
from pipeline.repair.training import label_forms, upper_bound
from pipeline.repair.verdict import printed
from pipeline.repair.words import Lattice, WordModel, build_word_model
from pipeline.settings import RepairSettings
from pipeline.synth import typos


@pytest.fixture(scope="module")
def dictionaries() -> Dictionaries:
    return load_dictionaries()


@pytest.fixture(scope="module")
def repairer(dictionaries: Dictionaries) -> Repairer:
    return load_repairer(dictionaries)


def one(repairer: Repairer, text: str, role: Role = Role.LEVEL3, *texts: str) -> Repair:
    [repair] = repairer.repair_form([Label(text, role)], None, texts)
    return repair


@cache
def _usual() -> Repairer:
    return load_repairer(load_dictionaries())


def with_names(dictionaries: Dictionaries, *names: Name) -> Dictionaries:
    extra = Vocabulary("extra", Path("extra.txt"), "0", ("test",), names)
    return Dictionaries((*dictionaries.vocabularies, extra))


# ----------------------------------------------------------------------------------------------------------------- laws


def test_every_name_in_a_dictionary_is_left_alone(repairer: Repairer, dictionaries: Dictionaries) -> None:
    """An official name is right by definition, however near it is to another."""
    roles = {
        "level1": Role.LEVEL1,
        "level2": Role.LEVEL2,
        "level3": Role.LEVEL3,
        "field": Role.LABEL,
        "column": Role.HEADER,
    }
    labels = [Label(name, role) for section, role in roles.items() for name in dictionaries.names(section)]

    repairs = repairer.repair_form(labels, None, ())

    assert {repair.status for repair in repairs} == {Status.UNCHANGED}
    assert all(repair.value == label.text for repair, label in zip(repairs, labels, strict=True))


def test_repairing_twice_is_repairing_once(repairer: Repairer) -> None:
    """What repair made is sound, or it should not have been made."""
    form = next(iter(label_forms("dev", 11, 1, damaged=0.9)))
    first = repairer.repair_form([Label(case.raw, Role.LEVEL3) for case in form.cases], None, form.texts)

    again = repairer.repair_form([Label(repair.value, Role.LEVEL3) for repair in first], None, form.texts)

    changed = [(one.value, two.value) for one, two in zip(first, again, strict=True) if two.value != one.value]
    assert not changed


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="项目指标达率完成计划预算资金（）()1２ 　的满意度甲乙", max_size=14))
def test_any_text_gets_one_answer_and_keeps_its_raw_text(text: str) -> None:
    """Repair is total: there is no label that it fails on, and nothing that was read is lost."""
    repair = one(_usual(), text)

    assert repair.raw == text
    assert repair.value == text or repair.status is Status.REPAIRED
    assert (repair.proposal is not None) == (repair.status is Status.PROPOSED)


def test_the_answer_does_not_depend_on_the_order_of_labels(repairer: Repairer) -> None:
    """Batches are for speed only."""
    form = next(iter(label_forms("dev", 12, 1, damaged=0.5)))
    labels = [Label(case.raw, Role.LEVEL3) for case in form.cases]

    forwards = repairer.repair_form(labels, None, form.texts)
    backwards = repairer.repair_form(labels[::-1], None, form.texts)

    assert forwards == backwards[::-1]


# -------------------------------------------------------------------------------------------------------- single errors


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        ("财务监控有效牲", "财务监控有效性", "look-alike"),
        ("合管理完备性同", "合同管理完备性", "displaced"),
        ("政府采规范性", "政府采购规范性", "dropped"),
        ("信息共享箅有效性", "信息共享有效性", "inserted"),
        ("资金使使用规范性", "资金使用规范性", "doubled"),
        ("人民众群满意度", "人民群众满意度", "swapped"),
    ],
)
def test_each_kind_of_error_is_mended_and_named(repairer: Repairer, raw: str, name: str, kind: str) -> None:
    """The auditor sees what was wrong, what it was held against, and why."""
    repair = one(repairer, raw)

    assert (repair.status, repair.value, repair.kind) == (Status.REPAIRED, name, kind)
    assert repair.evidence.startswith("dictionary:")
    assert name in repair.reason


def test_the_labels_own_brackets_stay(repairer: Repairer) -> None:
    """Widths and brackets are the form's style, not an error."""
    repair = one(repairer, "重点改革(重点工作)完成清况")

    assert repair.value == "重点改革(重点工作)完成情况"


def test_a_sound_neighbour_is_not_a_repair(repairer: Repairer, dictionaries: Dictionaries) -> None:
    """学员 is a word; that the dictionary has 学生 does not make it an error."""
    assert "学生满意度" in dictionaries.names("level3")

    for text in ("学院满意度", "人力资本结构合理性", "工作人员满意率"):
        assert one(repairer, text).value == text


def test_figures_are_never_changed(repairer: Repairer) -> None:
    """重点工作1 and 重点工作3 are two indicators."""
    assert one(repairer, "重点工作7计划完成率").value == "重点工作7计划完成率"


def test_two_equally_good_names_are_no_repair(dictionaries: Dictionaries) -> None:
    """The reviewer chooses; a coin does not."""
    both = with_names(
        dictionaries,
        Name("稻鱼共生示范区个数", "level3", "extra"),
        Name("稻虾共生示范区个数", "level3", "extra"),
    )

    repair = one(load_repairer(both), "稻共生示范区个数")

    assert repair.status is not Status.REPAIRED


def test_a_confirmed_misreading_is_mended(dictionaries: Dictionaries) -> None:
    """`seen` is a person's word that this text stands for that name."""
    known = with_names(dictionaries, Name("托幼机构数量", "level3", "extra", seen=("扥幻几构数星",)))

    repair = one(load_repairer(known), "扥幻几构数星")

    assert (repair.status, repair.value, repair.evidence) == (Status.REPAIRED, "托幼机构数量", "seen:extra")


def test_a_lower_ceiling_repairs_no_more(dictionaries: Dictionaries) -> None:
    """The setting does what it says."""
    forms = list(label_forms("dev", 13, 4, damaged=0.8))

    def changed(ceiling: float) -> int:
        method = by_repairer(load_repairer(dictionaries, RepairSettings(max_false_repairs=ceiling)))
        return sum(score.repaired + score.wrong for score in score_forms(method, forms).values())

    assert changed(0.0001) < changed(0.02)


# --------------------------------------------------------------------------------------------- what the form says


def test_a_phrase_that_stands_elsewhere_mends_a_broken_one(repairer: Repairer) -> None:
    """A project's own name is in no dictionary, but the form writes it again and again."""
    texts = (
        "举办全县稻虾共作技能大赛，",
        "稻虾共作技能大赛参赛人数",
        "全县稻虾共作技能大赛获奖人数",
        "稻虾共作技能大赛场次",
    )

    repair = one(repairer, "稻虾共作技大赛满意度", Role.LEVEL3, *texts)

    assert (repair.status, repair.value) == (Status.REPAIRED, "稻虾共作技能大赛满意度")
    assert repair.evidence.startswith("document:")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("采矿权人合格率", "参训人员合格率"),
        ("规则审培训次数", "农业审查培训次数"),
        ("山林县完好率", "道路县级完好率"),
        ("油田企覆盖率", "参保企业覆盖率"),
    ],
)
def test_another_name_with_the_same_ending_does_not_put_a_character_in(
    repairer: Repairer, name: str, other: str
) -> None:
    """采矿权人 are people by law, 参训人员 others: agreeing in one character before the gap is no witness."""
    first, second = repairer.repair_form([Label(name, Role.LEVEL3), Label(other, Role.LEVEL3)], None, ())

    assert (first.status is Status.REPAIRED, first.value) == (False, name)
    assert second.value == other


def test_a_phrase_that_holds_both_sides_of_a_gap_puts_the_character_in(repairer: Repairer) -> None:
    """科技创新大赛 stands in two other labels: 科技创大赛 is the same phrase, not another name with its ending."""
    labels = [Label(f"科技创新大赛{tail}", Role.LEVEL3) for tail in ("举办次数", "获奖人数", "参赛队伍数")]

    *_, repair = repairer.repair_form([*labels, Label("科技创大赛宣传次数", Role.LEVEL3)], None, ())

    assert repair.value == "科技创新大赛宣传次数"


@pytest.mark.parametrize(
    ("read", "meant"),
    [("日", "曰"), ("日", "H"), ("和", "利"), ("筛", "箭"), ("拨", "拔"), ("办", "力"), ("人", "入"), ("土", "士")],
)
def test_published_misreadings_of_dictionary_names_are_found(
    repairer: Repairer, dictionaries: Dictionaries, read: str, meant: str
) -> None:
    """These were seen in published scans; in a name of five characters or more they are repaired or proposed."""
    names = [name for name in dictionaries.names("level3") if read in name and len(name) >= 5]

    repairs = [one(repairer, name.replace(read, meant, 1)) for name in names]

    assert names
    assert all(name in (repair.value, repair.proposal) for name, repair in zip(names, repairs, strict=True))


def test_a_well_formed_variant_is_only_proposed(repairer: Repairer) -> None:
    """临江 and 临江市 may both be meant; the author is not corrected."""
    texts = ("临江市全民阅读大赛参赛人数", "临江市全民阅读大赛获奖人数", "临江市全民阅读大赛场次", "临江市全民阅读大赛")

    repair = one(repairer, "临江全民阅读大赛经费", Role.LEVEL3, *texts)

    assert repair.value == "临江全民阅读大赛经费"
    assert repair.status in (Status.PROPOSED, Status.UNKNOWN)


def test_a_displaced_tail_is_mended_by_its_compound(repairer: Repairer) -> None:
    """Every name ends in one of a few compounds, also those that no dictionary holds."""
    repair = one(repairer, "冷链仓库改造计完成率划")

    assert (repair.status, repair.value) == (Status.REPAIRED, "冷链仓库改造计划完成率")
    assert repair.evidence == "compound:计划完成率"


@given(st.lists(st.text("数率表", max_size=9), max_size=5))
def test_three_characters_are_found_wherever_a_text_of_the_form_holds_them(texts: list[str]) -> None:
    """Places that overlap count, and none reaches from one text into the next."""
    corpus = Texts(texts)

    for trigram in {text[i : i + 3] for text in texts for i in range(len(text) - 2)} | {"率率率"}:
        held = [(n, i) for n, text in enumerate(corpus.texts) for i in range(len(text)) if text[i : i + 3] == trigram]
        assert corpus.places(trigram) == held


def test_a_label_does_not_vouch_for_itself() -> None:
    """The form's labels are handed in as texts too."""
    texts = Texts(["稻虾共作技大赛满意度", "稻虾共作技能大赛参赛人数"])

    votes = texts.votes("稻虾共作技大赛满意度")

    assert [vote.value for vote in votes] == ["稻虾共作技能大赛满意度"]
    assert votes[0].count == 1


# --------------------------------------------------------------------------------------------- levels, fields, heads


def test_the_skeleton_mends_short_level_names(repairer: Repairer) -> None:
    """Two characters are enough where the template says what can stand there."""
    skeleton = {"产出目标": ("数量", "质量", "时效", "成本")}

    [level1, level2] = repairer.repair_form(
        [Label("产岀目标", Role.LEVEL1), Label("质里", Role.LEVEL2, ("产出目标",))], skeleton, ()
    )

    assert (level1.value, level2.value) == ("产出目标", "质量")


def test_a_level_that_the_layout_has_elsewhere_is_mended_all_the_same(repairer: Repairer) -> None:
    """Forms print a level under another parent than their layout does; it was left alone, whatever was wrong in it."""
    skeleton = {"效益指标": ("社会公众或服务对象满意度指标",), "满意度指标": ("服务对象满意度指标",)}

    [found] = repairer.repair_form([Label("社会公众或服务对象满竞度指标", Role.LEVEL2, ("满意度指标",))], skeleton, ())

    assert found.value == "社会公众或服务对象满意度指标"


def test_a_quotation_mark_that_is_put_in_is_the_half_that_it_is() -> None:
    """Keys do not tell halves apart, and a name was written “军休文艺汇演"参加人数."""
    raw, name = "“军休文艺汇演参加人数", '"军休文艺汇演"参加人数'
    edit = Edit("dropped", 7, 7, "", '"', 1.0)

    assert printed(raw, folded(raw), Match(name, 1.0, (edit,)), None) == "“军休文艺汇演”参加人数"


def test_both_spellings_of_other_are_right(repairer: Repairer) -> None:
    """其它 and 其他 are both printed."""
    assert {one(repairer, text, Role.LEVEL2).status for text in ("其它", "其他")} == {Status.UNCHANGED}


def test_field_labels_and_headers_are_repaired(repairer: Repairer) -> None:
    """A form whose 联系电话 is misread has no telephone."""
    assert one(repairer, "项目负贵人", Role.LABEL).value == "项目负责人"
    assert one(repairer, "目标佰", Role.HEADER).value == "目标值"


def test_a_field_s_name_in_traditional_forms_is_the_field_s_name(repairer: Repairer) -> None:
    """A recogniser that knows them takes them for broken strokes; two of four characters are too many for the rest."""
    assert one(repairer, "項目概況", Role.LABEL).value == "项目概况"
    assert one(repairer, "項目項目", Role.LABEL).status is not Status.REPAIRED


def test_eyes_whose_bars_are_broken_are_read_as_suns(repairer: Repairer) -> None:
    """項日年度日标 has three of six characters wrong and can be but one name; a name with a sun of its own stays."""
    assert one(repairer, "項日总体日标", Role.LABEL).value == "项目总体目标"
    assert one(repairer, "总体日标（2020年—2022年）", Role.LABEL).value == "总体目标（2020年—2022年）"
    assert one(repairer, "項日日目", Role.LABEL).status is not Status.REPAIRED
    assert one(repairer, "填报日期", Role.LABEL).value == "填报日期"


def test_a_layout_s_own_field_names_come_first(repairer: Repairer) -> None:
    """年初预算 is 年初预算数 without a character on most forms, and the very name on the layout that prints it."""
    labels = [Label("年初预算", Role.LABEL), Label("总額", Role.LABEL), Label("预算执行情況.（10分）", Role.LABEL)]
    heads = ("年初预算", "总额", "预算执行情况（10分）", "单位资金")

    unknown = repairer.repair_form(labels, None, ())
    known = repairer.repair_form(labels, {}, (), heads)

    assert unknown[0].status is Status.PROPOSED
    assert (known[0].status, known[0].value) == (Status.UNCHANGED, "年初预算")
    assert [(r.status, r.value) for r in known[1:]] == [
        (Status.REPAIRED, "总额"), (Status.REPAIRED, "预算执行情况（10分）"),
    ]  # fmt: skip


# --------------------------------------------------------------------------------------------------------- measurements


def test_bars_on_a_small_sample_of_unseen_damage(repairer: Repairer) -> None:
    """The full figures are in docs/repair.md; this keeps a change from ruining them unseen."""
    scores = score_forms(by_repairer(repairer), label_forms("dev", 14, 25, damaged=0.5, kinds=typos.SINGLE_KINDS))
    known = [score for kind, score in scores.items() if kind.startswith("dictionary") and "sound" not in kind]
    total = sum(score.total for score in known)

    assert sum(score.repaired for score in known) >= 0.85 * total
    assert sum(score.repaired + score.proposed for score in known) >= 0.96 * total
    assert all(score.wrong == 0 for kind, score in scores.items() if "sound" in kind)


def test_names_that_are_left_out_are_left_alone(dictionaries: Dictionaries) -> None:
    """A sound name that the dictionary does not know yet is the commonest label there is."""
    names = sorted(name for name in dictionaries.names("level3") if len(name) >= 4)
    held = random.Random(5).sample(names, 60)
    thinned = load_repairer(without(dictionaries, frozenset(map(folded, held))))

    assert [name for name in held if one(thinned, name).value != name] == []


def test_the_bound_is_the_rule_of_three() -> None:
    """None of 3,000 harmed allows one in a thousand, and so do two of 7,000."""
    assert upper_bound(0, 3000) == pytest.approx(0.001, rel=0.01)
    assert upper_bound(2, 7000) <= 0.001


# --------------------------------------------------------------------------------------------------------- pieces


@pytest.mark.parametrize("kind", typos.SINGLE_KINDS)
def test_edits_lead_from_the_name_to_the_label(kind: typos.Kind, dictionaries: Dictionaries) -> None:
    """One injected error is found as one error."""
    shapes = load_shapes()
    rng = random.Random(3)
    for name in sorted(map(folded, dictionaries.names("level3")))[::9]:
        raw = typos.damage_label(name, kind, rng)
        if raw and folded(raw) != name:
            cost, found = edits(folded(raw), name, shapes)
            assert len(found) == 1
            assert cost == found[0].cost


def test_near_names_include_every_single_error(dictionaries: Dictionaries) -> None:
    """What is not a candidate cannot be repaired."""
    names = sorted(folded(name) for name in dictionaries.names("level3") if len(folded(name)) >= 4)
    index = NameIndex(names)
    raws = [name[:1] + name[2:] + name[1] for name in names]

    found = index.near(raws)

    assert [name for name, raw, near in zip(names, raws, found, strict=True) if raw != name and name not in near] == []


def test_a_lattice_scores_like_segmenting_anew() -> None:
    """The short cut gives the long way's answer."""
    words = build_word_model(["计划完成率", "项目计划完成率", "任务完成率"])
    lattice = Lattice(words, "项目计完成率")

    inserted = lattice.replaced(lattice.around(3, 3), "划")

    assert inserted == pytest.approx(words.score("项目计划完成率"))
    assert lattice.removed(2, 3) == pytest.approx(words.score("项目完成率"))
    assert lattice.score == pytest.approx(words.score("项目计完成率"))


def _changed(words: WordModel, text: str) -> list[float]:
    """The scores of a text with its first character left out, and with another one put in or over any other."""
    lattice = Lattice(words, text)
    found = [lattice.removed(0, 1)]
    for at in range(len(text)):
        for new in "计划海钓率〇":
            found += [lattice.replaced(lattice.around(at, at), new), lattice.replaced(lattice.around(at, at + 1), new)]
    return found


def test_words_are_found_alike_with_and_without_the_table_of_beginnings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table and a form's own words are looked up to save time, and change no score."""
    names = ["计划完成率", "项目计划完成率", "任务完成率", "海钓邀请赛完成率"]
    texts = [*names, "项目计完成率", "海钓邀请赛", "海钓赛事安保", "ABC海钓1次", "满意度", "完"]
    plain = build_word_model(names)
    own = plain.with_words(["海钓", "钓赛"])
    before = [(plain.segment(text), own.segment(text), _changed(plain, text), _changed(own, text)) for text in texts]

    monkeypatch.setattr("pipeline.repair.words.model._WORTH_A_TABLE", 0)
    tabled = build_word_model(names)
    layered = tabled.with_words(["海钓", "钓赛"])
    after = [
        (tabled.segment(text), layered.segment(text), _changed(tabled, text), _changed(layered, text)) for text in texts
    ]

    assert before == after
    assert "海钓" in layered.segment("海钓邀请赛").words
    known = {word: logp for word in ("海钓", "钓赛") if (logp := own.get(word)) is not None}
    full = WordModel({**plain.logp, **known}, {})
    assert [full.segment(text) for text in texts] == [own.segment(text) for text in texts]


def test_shapes_are_the_shipped_recognisers(tmp_path: Path) -> None:
    """The table is what the script makes of the weights, byte for byte, and tells twins from strangers."""
    shapes = load_shapes()
    alphabet, layer = read_head(shipped_recogniser())

    assert len(alphabet) == len(layer) == 18708
    assert shapes.likeness("未", "末") > 0.5 > shapes.likeness("食", "药")
    assert shapes.likeness("末", "未") == shapes.likeness("未", "末")


def test_a_model_for_other_evidence_is_refused(tmp_path: Path) -> None:
    """A model fitted to other numbers would still give numbers."""
    with pytest.raises(ModelError, match=r"train_repair\.py"):
        load_judge("dictionary", FEATURES[:-1])
    broken = tmp_path / "repair.json"
    broken.write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"repair\.json"):
        load_judge("dictionary", FEATURES, broken)


# --------------------------------------------------------------------------------------------------- the picture


def spelled(text: str, other: str = "", sure: float = 0.98) -> Line:
    """A line whose frames spell `text`; where `other` differs from it, the frames give it the rest of the mass."""
    alphabet, _ = read_head(shipped_recogniser())
    index = {character: number for number, character in enumerate(alphabet, start=1)}
    symbols, logp = [], []
    for read, also in zip(text, other or text, strict=True):
        rest = index[also] if also != read else index["乂"]
        symbols += [[index[read], rest, 0], [0, index[read], rest]]
        share = sure if also != read else 0.999
        logp += [[np.log(share), np.log(1 - share), -14.0], [-0.001, -8.0, -12.0]]
    posterior = Posterior(np.array(symbols, np.int32), np.array(logp, np.float16), "onnxruntime:PP-OCRv6_small_rec:x")
    return Line(text, Place(page=0), 0.9, posterior)


def test_forced_scores_rank_what_was_printed() -> None:
    """The text that the frames spell is likeliest; one that they hardly allow is far behind."""
    picture = picture_of([spelled("机构数量", "机柜数量", 0.7)])
    assert picture is not None

    read, also, strange = picture.scores(["机构数量", "机柜数量", "机场数量"])

    assert read > also > strange
    assert read - also == pytest.approx(np.log(0.7 / 0.3), abs=0.2)
    assert also - strange > 5


def test_an_unknown_alphabet_gives_no_picture() -> None:
    """Symbols of another recogniser would mean other characters."""
    line = spelled("数量")
    assert line.posterior is not None
    other = Posterior(line.posterior.symbols, line.posterior.logp, "paddle:another_rec:x")

    assert picture_of([Line("数量", line.place, 1.0, other)]) is None
    assert picture_of([Line("数量", line.place, 1.0, None)]) is None


def test_a_misreading_is_mended_by_the_picture_alone(repairer: Repairer) -> None:
    """督查次数 is sound, so text alone leaves it; the picture says that 普查 was printed."""
    [text] = repairer.repair_form([Label("督査次数", Role.LEVEL3)], None, ())
    line = spelled("暂查次数", "巡查次数", 0.55)

    [repair] = repairer.repair_form([Label("暂查次数", Role.LEVEL3, (), (line,))], None, ())

    assert text.origin == "unclear"
    assert (repair.status, repair.value, repair.origin) == (Status.REPAIRED, "巡查次数", "misread")


def test_a_typo_on_the_paper_is_called_printed(repairer: Repairer) -> None:
    """The form is evidence: what its author typed is told from what a machine misread."""
    line = spelled("财务监控有效牲", sure=0.999)

    [repair] = repairer.repair_form([Label("财务监控有效牲", Role.LEVEL3, (), (line,))], None, ())

    assert (repair.value, repair.origin) == ("财务监控有效性", "printed")


def test_a_sound_label_that_was_read_clearly_stays(repairer: Repairer) -> None:
    """What the picture does not support was never printed."""
    line = spelled("督促次数", sure=0.999)

    [repair] = repairer.repair_form([Label("督促次数", Role.LEVEL3, (), (line,))], None, ())

    assert repair.value == "督促次数"


@pytest.mark.parametrize(
    "label", ["1、一般公共预算", "（一）一般公共预算", "项目资金(万元)", "其中：其他资金", "项目资金（单位：元）"]
)
def test_numbers_and_units_around_a_field_are_no_error(label: str) -> None:
    """Forms number their fields and write the unit behind them; the name is known all the same."""
    [repair] = load_repairer(load_dictionaries()).repair_form([Label(label, Role.LABEL)], None, ())

    assert (repair.status, repair.value) == (Status.UNCHANGED, label)


def test_a_negation_is_not_taken_away() -> None:
    """非财政拨款 is the other half of the money, not 财政拨款 with a character too many."""
    [repair] = load_repairer(load_dictionaries()).repair_form([Label("非财政拨款", Role.LABEL)], None, ())

    assert (repair.status, repair.proposal) == (Status.UNKNOWN, None)


@pytest.mark.parametrize("stray", ["1结束时间", "丨结束时间", "一 结束时间", "|结束时间", "结束时间|", "·结束时间"])
def test_a_wall_beside_a_field_is_no_part_of_its_label(stray: str) -> None:
    """A field under a misread key is lost to whoever asks for it by name."""
    repair = one(_usual(), stray, Role.LABEL)
    assert (repair.status, repair.value, repair.kind) == (Status.REPAIRED, "结束时间", "inserted")


@pytest.mark.parametrize("piece", ["服务对象满意", "度指标"])
def test_a_piece_of_a_level_of_the_layout_is_asked_about(piece: str) -> None:
    """服务对象满意 at the foot of a page: the rest stands on the next one, where nobody may have found it."""
    label = Label(piece, Role.LEVEL2, ("满意度指标",))

    [repair] = _usual().repair_form([label], {"满意度指标": ["服务对象满意度指标"]}, ())

    assert (repair.status, repair.value, repair.proposal) == (Status.PROPOSED, piece, "服务对象满意度指标")


@pytest.mark.parametrize(
    ("read", "value"), [("一数量指标", "数量指标"), ("丨质量指标", "质量指标"), ("1数量指标", None), ("一元", None)]
)
def test_a_stroke_before_a_level_is_no_part_of_it(read: str, value: str | None) -> None:
    """A watermark or a wall beside 数量指标; a figure before it may be the number of a list."""
    label = Label(read, Role.LEVEL2, ("产出指标",))

    [repair] = _usual().repair_form([label], {"产出指标": ["数量指标", "质量指标"]}, ())

    assert (repair.value if repair.status is Status.REPAIRED and repair.kind == "inserted" else None) == value


def test_marks_of_the_layout_s_labels_are_the_layout_s() -> None:
    """单位名称项目名称: the small mark between two words is the first thing that a fax loses."""
    [repair] = _usual().repair_form([Label("单位名称项目名称", Role.LABEL)], None, (), heads=["单位名称、项目名称"])

    assert (repair.status, repair.value) == (Status.REPAIRED, "单位名称、项目名称")


def test_a_number_that_lost_its_mark_is_the_layout_s() -> None:
    """1一般公共预算: the 1 is no rest of a wall where the layout numbers its labels."""
    label = Label("1一般公共预算", Role.LABEL)

    [numbered] = _usual().repair_form([label], None, (), heads=["1、一般公共预算"])
    [plain] = _usual().repair_form([label], None, ())

    assert (numbered.value, plain.value) == ("1、一般公共预算", "一般公共预算")


@pytest.mark.parametrize(
    ("heads", "value"),
    [
        (["主管部门"], "主管部门"),
        (["主管部门", "主管部"], "主管部1"),
        (["主管部室", "主管部门"], "主管部1"),
        ([], "主管部1"),
    ],
)
def test_a_figure_at_the_end_of_a_label_is_the_layout_s_character(heads: list[str], value: str) -> None:
    """主管部1 is 主管部门 where the layout prints that and nothing else that begins so."""
    [repair] = _usual().repair_form([Label("主管部1", Role.LABEL)], None, (), heads=heads)

    assert repair.value == value


def test_the_mark_behind_a_number_is_the_layout_s() -> None:
    """2.政府性基金 is 2、政府性基金 where the layout prints that; where it prints the point, the point stays."""
    label = Label("2. 政府性基金", Role.LABEL)

    [own] = _usual().repair_form([label], None, (), heads=["2、政府性基金"])
    [as_read] = _usual().repair_form([label], None, (), heads=["2.政府性基金"])

    assert (own.status, own.value) == (Status.REPAIRED, "2、政府性基金")
    assert as_read.status is Status.UNCHANGED


@pytest.mark.parametrize("label", ["年度目标1", "目标一", "2结束时间", "非财政拨款", "11结束时间"])
def test_numbers_behind_a_field_and_other_signs_are_not_struck(label: str) -> None:
    assert one(_usual(), label, Role.LABEL).status is not Status.REPAIRED


def test_no_known_label_is_another_one_beside_a_stray_sign(dictionaries: Dictionaries) -> None:
    """The rule holds because no form prints such a label: 12,828 texts of real and generated forms have none either."""
    for role, sections in ((Role.LABEL, ("field", "narrative", "bar")), (Role.HEADER, ("column", "field"))):
        for name in {name for section in sections for name in dictionaries.names(section)}:
            assert one(_usual(), name, role).value == name


@pytest.mark.parametrize(
    ("raw", "meant", "status"),
    [
        ("资金拔付及时率", "资金拨付及时率", Status.REPAIRED),
        ("曰常维护完成率", "日常维护完成率", Status.PROPOSED),
        ("足否按期完成", "是否按期完成", Status.PROPOSED),
    ],
)
def test_published_look_alikes_are_mended_or_shown(raw: str, meant: str, status: Status) -> None:
    """拨 read as 拔, 日 as 曰, 是 as 足 are the pairs that published forms hold."""
    repair = one(_usual(), raw)
    assert (repair.status, repair.proposal or repair.value) == (status, meant)


@pytest.mark.parametrize("name", ["学生满意度", "学员满意度", "食品抽检批次", "药品抽检批次", "会议天数", "会议次数"])
def test_neighbours_that_are_both_names_stay(name: str) -> None:
    """63 pairs of sound names differ by one character: a name is never replaced by its neighbour."""
    assert one(_usual(), name).value == name
