"""Stub until the real page lands."""
def render(content): return repr(content)
