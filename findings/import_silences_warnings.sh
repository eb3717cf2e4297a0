#!/usr/bin/env bash
# scikit-dimension 0.5.0 and dit 2.3: importing them silences warnings of the whole process, of other libraries, too.
#
# Both are packages of this field, imported beside others to compare estimates of dimension or of information. One would
# swear that an import leaves the warnings of other code alone. `import skdim` (0.5.0) puts the filter "ignore" for every
# Warning, of any module, in front of the filters: after it, no warning of any library is shown, those that say that an
# estimate cannot be trusted included. `import dit` sets numpy's error state to "ignore" for division by zero, overflow
# and invalid operations: log(0), 0/0 and overflows become -inf, nan and inf without a word, anywhere in the process.
#
# Output seen:
#   warnings shown of one given before and one after `import skdim`: 1 of 2
#   numpy's error state before dit: divide warn, invalid warn; after: divide ignore, invalid ignore
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 scikit-dimension==0.5.0 dit==2.3
cd "$work"
"$work/venv/bin/python" - << 'PYTHON' 2> "$work/shown"
import warnings

warnings.warn("an estimate cannot be trusted", UserWarning)
import skdim

warnings.warn("another estimate cannot be trusted", UserWarning)
PYTHON
shown=$(grep -c "estimate cannot be trusted$" "$work/shown" || true)
echo "warnings shown of one given before and one after \`import skdim\`: $shown of 2"
[ "$shown" = 1 ]
"$work/venv/bin/python" - << 'PYTHON'
import numpy as np

before = np.geterr()
import dit

after = np.geterr()
print(
    f"numpy's error state before dit: divide {before['divide']}, invalid {before['invalid']}; "
    f"after: divide {after['divide']}, invalid {after['invalid']}"
)
assert (before["divide"], before["invalid"]) == ("warn", "warn")
assert (after["divide"], after["invalid"], after["over"]) == ("ignore", "ignore", "ignore"), "changed"
PYTHON
