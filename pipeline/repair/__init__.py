"""Labels: repaired when sure, proposed when likely, left alone otherwise.

The way through (`repairer`): exact names are settled at once (`settled`); the rest is held against the nearest
dictionary names (`bynames`), which are priced by what the recogniser confuses (`channel`, `shapes`) and weighed against
the label's own soundness (`words`) by a fitted model (`judge`); what no dictionary knows against the form's other texts
and the compounds that names are made of (`byform`, `opened`); and what text leaves against the picture (`bypicture`).
Targets and amounts are not names: only the picture mends them (`quantities`). docs/repair.md has the measurements.
"""

from pipeline.repair.changed import Changed
from pipeline.repair.quantities import reread_amount, reread_sign, reread_target
from pipeline.repair.repairer import Repairer, Said, load_repairer

__all__ = ["Changed", "Repairer", "Said", "load_repairer", "reread_amount", "reread_sign", "reread_target"]
