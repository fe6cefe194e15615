"""Property tests find the same on every machine, however busy it is, and leave nothing behind."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")
