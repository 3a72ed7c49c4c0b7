"""`python -m whitehot`: see `whitehot.tools.run`."""

from whitehot.tools.run import main

if __name__ == "__main__":
    raise SystemExit(main())
