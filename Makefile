# Every command is `python3 -m local …`; PYTHON=python3.12 chooses another interpreter.
PYTHON ?= python3
ARGS ?=

.PHONY: run test check manage docs bench lock

run test check docs bench lock:
	@$(PYTHON) -m local $@ $(ARGS)

manage:
	@$(PYTHON) -m local manage $(ARGS)
