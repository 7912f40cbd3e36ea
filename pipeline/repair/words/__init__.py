"""A word model of Chinese: how likely a label is as a row of words, and where it falls apart into lone characters.

The general words and their frequencies are jieba's dictionary (MIT licence), read as a plain file: jieba itself would
write a cache and print. The words of the field are learned from the dictionaries' own names.
"""

from pipeline.repair.words.field import build_word_model, field_words
from pipeline.repair.words.general import affixes, common_characters, general_tags, general_words
from pipeline.repair.words.lattice import Lattice
from pipeline.repair.words.model import Segmentation, WordModel
from pipeline.repair.words.recent import recent_logp

__all__ = [
    "Lattice",
    "Segmentation",
    "WordModel",
    "affixes",
    "build_word_model",
    "common_characters",
    "field_words",
    "general_tags",
    "general_words",
    "recent_logp",
]
