"""Students' gradient functions: run in a confined process, compared with the derivation, explained."""
