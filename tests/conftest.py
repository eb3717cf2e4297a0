"""What all tests share: hypothesis without deadlines, for the first call of a kernel compiles it, and without luck."""

import os

from hypothesis import settings

# Else scikit-learn skips its check of array API input; scipy reads it once, when it is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

settings.register_profile("skib", deadline=None, derandomize=True)
settings.load_profile("skib")
