"""Tests of Great Expectations on Polars.

Great Expectations is imported here, before any test does, because importing it warns and warnings are errors.
"""

import warnings

with warnings.catch_warnings():
    # GX imports sre_constants and sre_parse, which Python has deprecated.
    warnings.filterwarnings("ignore", "module 'sre_\\w+' is deprecated", DeprecationWarning)
    import great_expectations

assert great_expectations.__version__.startswith("1.24."), "the parity test is the gate for an upgrade"
