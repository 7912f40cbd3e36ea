"""Whose form it is: the agency, from the fields that name it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.dictionaries import comparison_key
from pipeline.records import FieldValue

# Labels whose value names the agency, the nearest to the form first; where the title names none.
_AGENCY_LABELS = (
    "实施单位", "项目实施单位", "项目单位", "申报单位", "填报单位", "预算单位", "资金使用单位", "单位名称",
    "部门（单位）名称", "部门名称", "组织实施单位", "单位(专项)名称", "主管部门", "项目主管部门",
    "主管部门及代码", "主管部门及编码", "主管预算部门",
)  # fmt: skip
# Brackets are read in either width, one so and the other so.
_AGENCY_KEYS = tuple(map(comparison_key, _AGENCY_LABELS))
_AGENCY_LABEL = re.compile(
    r"(?:项目)?(实施|执行|承担|承办|责任|用款|使用|建设|牵头|负责|编报|编制)(单位|部门|机构)(名称)?([(（].*[)）])?$"
)


# 单位（专项）名称 names an agency or a fund; a fund is nobody's name.
_UNIT_OR_FUND = comparison_key("单位(专项)名称")
_AGENCY = re.compile(
    r"(局|委|办|厅|部|院|所|处|科|队|站|馆|校|学|园|会|府|中心|公司|总队|支队|大队|机关|单位|集团|银行|街道|乡|镇|村|社区)([(（].*[)）])?$"
)


# [015001]某局, 219-某镇; 某局（盖章）: where the seal goes is no part of the name.
_CODE_BEFORE = re.compile(r"^[\[【(（]?[0-9A-Za-z]{3,24}[\]】)）]?\s*[-—]?\s*(?=\D)")
_SEAL_BEHIND = re.compile(r"\s*[(（](?:盖章|公章|签章|章|加盖公章)[)）]$")


def agency_of(fields: Mapping[str, FieldValue]) -> str | None:
    """The agency as a field names it, without the code printed before it."""
    # 填报单位（盖章）：what is to be done there is printed with the label.
    bare = {comparison_key(_SEAL_BEHIND.sub("", name)): value for name, value in reversed(list(fields.items()))}
    for key in (*_AGENCY_KEYS, *(name for name in bare if _AGENCY_LABEL.match(name))):
        value = bare.get(key)
        if value is not None and value.value:
            name = str((value.parsed or {}).get("name") or _CODE_BEFORE.sub("", value.value))
            if key == _UNIT_OR_FUND and not _AGENCY.search(name):
                continue
            return _SEAL_BEHIND.sub("", name) or name
    return None
