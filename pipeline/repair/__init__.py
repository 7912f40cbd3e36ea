"""Labels: repaired when sure, proposed when likely, left alone otherwise.

The way through: exact names are settled at once (`repairer`); for the rest the nearest dictionary names (`names`) are
priced by what the recogniser confuses (`channel`, `shapes`), weighed against the label's own soundness (`words`) by a
fitted model (`judge`); what no dictionary knows is held against the form's other texts (`context`) and against the
compounds that names are made of (`opened`). Targets and amounts are not names: only the picture mends them
(`quantities`). docs/repair.md has the measurements.
"""

from pipeline.repair.quantities import reread_amount, reread_target
from pipeline.repair.repairer import Repairer, load_repairer

__all__ = ["Repairer", "load_repairer", "reread_amount", "reread_target"]
