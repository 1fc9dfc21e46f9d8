# make demo         set up this machine, start everything, print where to log in (Ctrl-C stops it)
# make demo-reset   throw away what the demo holds
# make test         set up this machine, then every check and every test
# make lint         the checks alone
# make bench        measure the rulebook and print ratios (JSON=FILE for every run's seconds; ten minutes of quiet)
# make screenshots  take the pictures of docs/screenshots/ from a running demo
# make messages     collect the texts of code and templates into the .po files
#
# Another Python: make demo PYTHON=/path/to/python3.12.  Another port: make demo PORT=8080.

PYTHON ?= python3

.PHONY: demo demo-reset test lint bench screenshots messages
.DEFAULT_GOAL := demo

# `exec`: Python takes the shell's place, so that a signal to make's child reaches it.
demo demo-reset test lint screenshots messages:
	@exec "$(PYTHON)" config/setup_machine.py $@

bench:
	@exec "$(PYTHON)" config/setup_machine.py bench $(if $(JSON),--json "$(JSON)")
