import sys

from notebench_spawner.launcher.watching import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
