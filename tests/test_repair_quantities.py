"""Signs of targets and amounts: mended where the picture shows what the grammar wants, and nowhere else."""

import numpy as np
import pytest

from pipeline.document import Line, Place, Posterior, Status
from pipeline.repair.picture import alphabet_of
from pipeline.repair.quantities import reread_amount, reread_sign, reread_target

_ALPHABET = "PP-OCRv6_small_rec"


def _line(read: str, instead: dict[int, tuple[str, float]]) -> Line:
    """A line read as `read`; `instead` gives for the place of a character another one and its log-probability."""
    known = alphabet_of(_ALPHABET)
    assert known is not None
    symbols, logp = [], []
    for number, character in enumerate(read):
        other, cost = instead.get(number, ("", -12.0))
        # Symbol 0 is the blank: an empty `other` says that nothing may be printed there.
        rest = np.log(max(1e-6, 1 - np.exp(cost)))
        symbols.append([known[0][character], known[0][other] if other else 0])
        logp.append([rest, cost])
        symbols.append([0, known[0]["〇"]])
        logp.append([-0.01, -12.0])
    posterior = Posterior(np.array(symbols, np.int32), np.array(logp, np.float16), _ALPHABET)
    return Line(read, Place(), 0.95, posterior)


@pytest.mark.parametrize(
    ("read", "instead", "name", "printed"),
    [
        ("≥958", {3: ("%", -3.0)}, "参训人员满意度", "≥95%"),
        ("=9800", {3: ("%", -3.0), 4: ("", -3.0)}, "竣工验收合格率", "=98%"),
        ("≥9596", {3: ("%", -3.0), 4: ("", -12.0)}, "及时率", "≥95%"),
        ("≥9596", {3: ("%", -3.0), 4: ("", -12.0)}, "宣传册数量", None),
        ("∴30户", {0: ("=", -3.0)}, "调查样本", "=30户"),
        ("≥80吕", {3: ("%", -3.0)}, "知晓率", "≥80%"),
        ("≥80吕", {3: ("%", -3.0)}, "村庄数", None),
        ("=1077南", {5: ("亩", -4.0)}, "登记面积", "=1077亩"),
        ("=1077棚", {}, "大棚", None),
        (".=100%", {0: ("", -3.0)}, "到位率", "=100%"),
        (":98%", {0: ("=", -4.0)}, "预算执行率", "=98%"),
        ("-100%", {0: ("=", -8.0)}, "搜寻完成及时率", "=100%"),
        ("=2.100人", {2: (",", -4.0)}, "社区矫正人数", "=2,100人"),
        (">3700人", {0: ("≥", -3.0)}, "对象人数", "≥3700人"),
        ("<3700人", {0: ("≤", -8.0)}, "对象人数", None),
        ("=.100%", {1: ("", -2.0)}, "使用率", "=100%"),
        ("合理）", {2: ("", -1.0)}, "编制合理性", "合理"),
        ("≥6322m", {5: ("m", -1.0)}, "服务满意度", None),
        ("€95%", {0: ("≤", -4.0)}, "危桥占比", "≤95%"),
        ("九1%", {0: ("≤", -3.0)}, "投诉率", "≤1%"),
        ("九16", {0: ("≤", -3.0), 2: ("%", -3.0)}, "投诉率", "≤1%"),
        (">958", {0: ("≥", -1.0), 3: ("%", -3.0)}, "达标率", "≥95%"),
        ("≥95名", {3: ("%", -4.0)}, "培训的认可度", "≥95%"),
        ("270.批", {3: ("", -4.0)}, "工作数量", "270批"),
        ("A=500万元", {0: ("", -3.0)}, "拉动消费金额", "=500万元"),
        ("=100%日", {5: ("", -2.0)}, "成果采纳率", "=100%"),
        ("=92%。", {4: ("", -2.0)}, "受益率", "=92%"),
        ("≤9元/人。每天", {5: (".", -1.0)}, "费用标准", "≤9元/人.每天"),
        ("显菩增强", {1: ("著", -3.0)}, "荣誉感", "显著增强"),
        ("合垒", {1: ("规", -3.0)}, "支出合规性", "合规"),
        ("合垒", {1: ("规", -9.0)}, "支出合规性", None),
        ("明显", {1: ("星", -0.5)}, "影响", None),
        ("500元1户", {4: ("/", -4.0)}, "差旅费标准", "500元/户"),
        ("大干等于99%", {1: ("于", -1.0)}, "参与率", "大于等于99%"),
        (">6,000套", {0: ("≥", -1.0)}, "纪念品", "≥6,000套"),
        ("≥80.00(m)", {6: ("m", -1.0)}, "服务满意度", None),
        ("健全，", {2: ("", -2.0)}, "机制健全性", "健全"),
        ("≤24.52(方元)", {7: ("万", -3.5)}, "鱼苗成本", "≤24.52(万元)"),
        ("≤24.52(方元)", {7: ("万", -12.0)}, "鱼苗成本", None),
        ("美完善", {0: ("", -1.0)}, "制度建设完善性", "完善"),
        ("是高", {0: ("提", -1.0)}, "横向联动", "提高"),
        ("±95%", {0: ("=", -1.0)}, "资金到位情况", "=95%"),
        ("é15天", {0: ("≤", -2.0)}, "宣讲天数", "≤15天"),
        ("C.108元", {0: ("≤", -2.0), 1: ("", -1.0)}, "补助标准", "≤108元"),
        ("≥900m2", {4: ("%", -1.0), 5: ("", -1.0)}, "军供配送面积", None),
        ("500元1人.每天", {4: ("/", -4.0)}, "费用标准", "500元/人.每天"),
        ("96.5%12上", {5: ("以", -1.0), 6: ("", -1.0)}, "利用率", "96.5%以上"),
        ("≥95a0", {3: ("%", -1.0), 4: ("", -1.0)}, "点赞占比", "≥95%"),
        ("=150è", {4: ("户", -1.0)}, "台账", "=150户"),
        ("≥20米", {3: ("%", -3.0)}, "无纸化率增幅", "≥20%"),
        ("=58000人1次", {7: ("/", -2.0)}, "参与人数", "=58000人/次"),
    ],
)
def test_what_cannot_be_meant_is_read_as_the_picture_shows_it(
    read: str, instead: dict[int, tuple[str, float]], name: str, printed: str | None
) -> None:
    repair = reread_target(read, [_line(read, instead)], name)
    assert (repair.value if repair and repair.status is Status.REPAIRED else None) == printed


@pytest.mark.parametrize(
    ("read", "name"),
    [
        ("≥958", "发放宣传册数量"),  # 958 of anything but a rate is 958
        ("-5%", "能耗增长率"),  # what grows may fall
        ("≥95%", "满意度"),
        ("(批次)", "批次"),
        ("±5%", "价格波动幅度"),
        ("是", "横向联动"),
        ("≥20米", "道路米数"),
        ("≥110.00(批次)", "抽检批次"),
    ],
)
def test_a_sound_target_is_left_alone_whatever_the_picture_shows(read: str, name: str) -> None:
    likely = dict.fromkeys(range(len(read)), ("%", -0.8))
    assert reread_target(read, [_line(read, likely)], name) is None


def test_a_sign_that_the_picture_does_not_show_is_not_read_into_it() -> None:
    """A typo that is printed, or another reader's text, says nothing of what was meant."""
    assert reread_target("≥958", [_line("≥958", {})], "满意度") is None
    assert reread_target("≥958", [Line("≥958", Place(), 0.9)], "满意度") is None
    assert reread_target("≥958", [], "满意度") is None


def test_a_lost_sign_is_set_where_the_picture_shows_it() -> None:
    known = alphabet_of(_ALPHABET)
    assert known is not None
    symbols = [[0, known[0]["="], known[0]["≥"]], *[[known[0][c], 0, 0] for c in "90%"]]
    for cost, printed in ((-1.5, "=90%"), (-9.0, None)):
        logp = [[-0.3, cost, -9.0], *[[-0.01, -9.0, -9.0]] * 3]
        line = Line("90%", Place(), 0.9, Posterior(np.array(symbols, np.int32), np.array(logp, np.float16), _ALPHABET))
        repair = reread_target("90%", [line], "数据共享率")
        assert (repair.value if repair else None) == printed


@pytest.mark.parametrize(
    ("cost", "status"), [(-2.0, Status.REPAIRED), (-7.0, Status.PROPOSED), (-11.0, None)], ids=["sure", "asks", "left"]
)
def test_a_bound_read_as_a_figure_is_told_as_far_as_the_picture_shows_it(cost: float, status: Status | None) -> None:
    """Broken, ≥ looks like 2 or 7: 26场 is ≥6场, or it is 26场."""
    repair = reread_target("26场", [_line("26场", {0: ("≥", cost)})], "演出场次")

    assert (repair.status if repair else None) == status
    if repair is not None:
        assert (repair.value, repair.proposal) == (("≥6场", None) if status is Status.REPAIRED else ("26场", "≥6场"))


def test_two_signs_that_the_picture_shows_alike_are_no_repair() -> None:
    known = alphabet_of(_ALPHABET)
    assert known is not None
    symbols = [[known[0][":"], known[0]["="], known[0]["≥"]], *[[known[0][c], 0, 0] for c in "98%"]]
    logp = [[-0.1, -3.0, -3.2], *[[-0.01, -9.0, -9.0]] * 3]
    line = Line(":98%", Place(), 0.9, Posterior(np.array(symbols, np.int32), np.array(logp, np.float16), _ALPHABET))
    assert reread_target(":98%", [line], "预算执行率") is None


def test_a_comma_that_parts_no_group_of_three_is_a_point_where_the_picture_shows_one() -> None:
    shown = reread_amount("594,1", [_line("594,1", {3: (".", -4.0)})])
    assert shown is not None
    assert shown.value == "594.1"
    assert reread_amount("594,1", [_line("594,1", {})]) is None
    assert reread_amount("594,100", [_line("594,100", {3: (".", -0.8)})]) is None


def test_a_speck_beside_an_amount_is_no_part_of_it_where_the_picture_shows_none() -> None:
    shown = reread_amount(".5490", [_line(".5490", {0: ("", -2.0)})])
    assert shown is not None
    assert shown.value == "5490"
    assert reread_amount("5490", [_line("5490", {})]) is None
    lettered = reread_amount("0.0C", [_line("0.0C", {3: ("0", -3.0)})])
    assert lettered is not None
    assert (lettered.status, lettered.value) == (Status.REPAIRED, "0.00")
    assert reread_amount("无", [_line("无", {0: ("", -2.0)})]) is None


def test_a_colon_of_an_amount_is_a_point_and_a_strange_sign_of_a_rate_is_a_percent_sign() -> None:
    """As the picture shows them, and no other: 27名 under a count is 27名."""
    colon = [_line("285:3", {3: (".", -4.0)})]
    sign = [_line("100.0品", {5: ("%", -3.0)})]

    assert (found := reread_amount("285:3", colon)) is not None
    assert found.value == "285.3"
    assert (found := reread_amount("100.0品", sign, True)) is not None
    assert found.value == "100.0%"
    assert reread_amount("100.0品", sign) is None
    assert reread_amount("285:3", [_line("285:3", {})]) is None


@pytest.mark.parametrize(
    ("read", "name", "meant"),
    [
        ("2023.1.1-202312.31", "完成时间", "2023.1.1-2023.12.31"), ("=6682.00()", "检查面积", "=6682.00(㎡)"),
        ("=6682.00()", "检查数量", None), ("2023.1.1-2023.12.31", "完成时间", None),
    ],
)  # fmt: skip
def test_what_the_shape_of_a_target_asks_for_is_taken_and_shown(read: str, name: str, meant: str | None) -> None:
    """A point at a line's end went for dust, and of ㎡ nothing is read: the picture has neither."""
    found = reread_target(read, [_line(read, {})], name)

    assert (found.value if found is not None else None) == meant
    assert found is None or found.score < 0.9


@pytest.mark.parametrize("read", ["≥51061:00(人次)", "=2.100人", "=8968万.平方米"])
def test_a_number_that_nothing_is_counted_in_is_asked_about(read: str) -> None:
    """No time has 51061 hours, and nobody is a tenth: whatever the picture says, somebody looks."""
    repair = reread_target(read, [_line(read, {})], "人次")

    assert repair is not None
    assert (repair.status, repair.value) == (Status.PROPOSED, read)


@pytest.mark.parametrize(
    ("frames", "value", "status"),
    [(5, None, None), (7, "≤120元/人天", Status.PROPOSED), (10, "≤120元/人·天", Status.REPAIRED)],
)
def test_a_point_that_has_its_square_was_printed(frames: int, value: str | None, status: Status | None) -> None:
    """人·天 read as 人天: the point is lost, the room that it takes is not; some room asks."""
    known = alphabet_of(_ALPHABET)
    assert known is not None
    symbols = [[known[0][character], 0] for character in "≤120元/人"]
    symbols += [[0, known[0]["〇"]]] * (frames - 1) + [[known[0]["天"], 0]]
    posterior = Posterior(
        np.array(symbols, np.int32), np.full((len(symbols), 2), [-0.01, -12.0], np.float16), _ALPHABET
    )

    repair = reread_target("≤120元/人天", [Line("≤120元/人天", Place(), 0.95, posterior)], "补助标准")

    assert (repair.value if repair else None) == value
    assert (repair.status if repair else None) == status


def test_a_unit_broken_where_its_point_would_stand_asks() -> None:
    """元/人 | 天: at a line's end the point of 人·天 is small enough for dust, and nothing shows its room."""
    lines = [_line("≤2463元/人", {}), _line("天", {})]
    repair = reread_target("≤2463元/人天", lines, "差旅费标准")
    assert repair is not None
    assert (repair.value, repair.status, repair.proposal) == ("≤2463元/人天", Status.PROPOSED, "≤2463元/人·天")


@pytest.mark.parametrize(
    ("read", "instead", "name", "value"),
    [
        ("=9896", {3: ("%", -9.0), 4: ("", -10.0)}, "完成及时率", "=98%"),
        ("≥965%", {}, "满意度", "≥96.5%"),
        ("=160%", {2: ("0", -6.0)}, "合格率", "=100%"),
        ("=13v台", {3: ("", -8.0)}, "终端", "=13台"),
        ("<5%", {0: ("≤", -1.0)}, "投诉率", "≤5%"),
        ("合規", {1: ("规", -9.0)}, "支出合规性", "合规"),
        ("≥500", {3: ("口", -3.0)}, "养殖网箱", "≥50口"),
        ("2025.1.1-202512.31", {}, "活动时间", "2025.1.1-2025.12.31"),
        ("2025,1.1-2025.1231", {}, "活动时间", "2025.1.1-2025.12.31"),
        ("=6682.00()", {}, "检查面积", "=6682.00(㎡)"),
        ("意识增强·效果显著", {4: ("，", -3.0)}, "法治意识", "意识增强，效果显著"),
        (">3700人", {0: ("≥", -6.0)}, "人数", "≥3700人"),
        ("<3700人", {0: ("≤", -6.0)}, "人数", "<3700人"),  # as often meant
        ("54.75元", {0: ("≤", -5.0)}, "场均成本", "≤4.75元"),
        ("≥20米", {3: ("%", -3.0)}, "普及程度", "≥20%"),
        ("=53", {2: ("场", -1.0)}, "送戏下乡场次", "=5场"),
        ("2431元", {0: ("=", -3.0)}, "造价上限", "=431元"),
        ("8%13%", {1: ("-", -8.0)}, "转化率", "8%-13%"),
    ],
)
def test_what_is_likely_is_taken_and_asks(
    read: str, instead: dict[int, tuple[str, float]], name: str, value: str | None
) -> None:
    """Where the picture leaves some doubt the record takes what is likely, with less than a value has to be sure of."""
    repair = reread_target(read, [_line(read, instead)], name)
    assert (repair.value if repair else None) == value
    assert repair is None or repair.score < 0.9


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ((), Status.PROPOSED),
        (("≥5%", "≥10人", "≥3次", ">6年"), Status.REPAIRED),
        (("≥5%", ">3次", ">6年"), Status.PROPOSED),
    ],
)
def test_how_a_form_writes_its_bounds_speaks_for_a_lost_bar(others: tuple[str, ...], status: Status) -> None:
    """A bar that the picture hardly shows is likely where the form's other bounds have theirs."""
    repair = reread_target(">3700人", [_line(">3700人", {0: ("≥", -7.0)})], "人数", others)
    assert repair is not None
    assert (repair.status, repair.score < 0.9) == (status, True)


def test_a_unit_that_is_none_asks() -> None:
    """≥260益: 盏 or another, the picture does not say; a word of more characters need be no unit."""
    asked = reread_target("≥260益", [_line("≥260益", {})], "路灯维护数量")

    assert asked is not None
    assert (asked.value, asked.score < 0.9) == ("≥260益", True)
    assert reread_target("≥3个以上", [_line("≥3个以上", {})], "项目数") is None


@pytest.mark.parametrize(
    ("read", "instead", "value"),
    [
        ("X", {0: ("≥", -3.0)}, "≥4.5%"),
        ("a", {0: (">", -3.0)}, "≥4.5%"),
        ("C", {0: ("", -9.0)}, "≤4.5%"),
        ("H", {0: ("", -9.0)}, "=4.5%"),
        ("往", {0: ("=", -3.0)}, "=4.5%"),
        ("往", {0: ("", -9.0)}, None),  # nothing tells which
    ],
)
def test_an_operator_alone_in_its_cell_is_what_picture_and_shape_agree_on(
    read: str, instead: dict[int, tuple[str, float]], value: str | None
) -> None:
    repair = reread_sign(read, [_line(read, instead)], "4.5%")

    assert (repair.value if repair else None) == value
    assert repair is None or (repair.score < 0.9 and repair.raw == f"{read}4.5%")
    assert reread_sign(read, [Line(read, Place(), 0.9)], "4.5%") is None
