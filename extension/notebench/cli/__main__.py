"""`python -m notebench.cli`: the same as the console script `notebench`."""

from notebench.cli import main

main()
