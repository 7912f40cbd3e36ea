"""Fit models/reading.json on drawn pages and draw docs/reading-confidence.svg.

Usage: python scripts/calibrate_reading.py [--forms 2] [--kinds clean,scan,…] [--seen FILE]

`--seen` keeps what was read (one JSON list a line): where it exists, nothing is read again.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Parse, call, print."""
    from pipeline.synth.degrade import KINDS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=int, default=2, help="forms of each layout and kind")
    parser.add_argument("--layouts", default="zhengzhou-2020,mof-2015-88-single")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--first", type=int, default=500_100, help="first seed (development seeds only)")
    parser.add_argument("--seen", type=Path, help="file that keeps what was read")
    options = parser.parse_args()

    import numpy as np

    from pipeline.engine import load_engine
    from pipeline.reader.training import Seen, fit, held_out, reliability, reliability_svg, see_lines, write_model

    if options.seen and options.seen.is_file():
        rows = [json.loads(line) for line in options.seen.read_text("utf-8").splitlines()]
        seen = [Seen(kind, tuple(scores), right) for kind, scores, right in rows]
    else:
        seeds = range(options.first, options.first + options.forms)
        engine = load_engine()
        seen = list(see_lines(options.layouts.split(","), options.kinds.split(","), seeds, engine))
        if options.seen:
            lines = (json.dumps([line.kind, [round(s, 5) for s in line.scores], line.right]) for line in seen)
            options.seen.write_text("\n".join(lines) + "\n", encoding="utf-8")
    right = np.array([line.right for line in seen])
    calibrated = held_out(seen)
    before = reliability(np.array([min(line.scores, default=0.0) for line in seen]), right)
    after = reliability(calibrated, right)
    print(f"{len(seen)} lines, {int((~right).sum())} wrong")
    for name, table in (("least score", before), ("calibrated, held out", after)):
        print(name)
        for confidence, share, count in table:
            print(f"  {confidence:.3f} → {share:.3f}  ({count})")
    for kind in sorted({line.kind for line in seen}):
        of = np.array([line.kind == kind for line in seen])
        silent = int((~right & of & (calibrated >= 0.8)).sum())
        print(
            f"  {kind:9s} lines {int(of.sum())}  wrong {int((~right & of).sum())}  of these at .8 or surer {silent}  "
            f"below .8 {float((calibrated[of] < 0.8).mean()):.2%}"
        )
    about = {
        "made by": "scripts/calibrate_reading.py",
        "lines": len(seen),
        "wrong": int((~right).sum()),
        "kinds": sorted({line.kind for line in seen}),
        "split": "dev",
    }
    digest = write_model(ROOT / "models" / "reading.json", fit(seen), about)
    (ROOT / "docs" / "reading-confidence.svg").write_text(reliability_svg(before, after), encoding="utf-8")
    print("models/reading.json", digest)


if __name__ == "__main__":
    main()
