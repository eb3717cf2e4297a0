"""What all tests share: hypothesis without deadlines, for the first call of a kernel compiles it, and without luck."""

from hypothesis import settings

settings.register_profile("skib", deadline=None, derandomize=True)
settings.load_profile("skib")
