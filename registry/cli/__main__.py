"""`python -m registry.cli`, where the command itself is not on the path."""

from registry.cli import main

if __name__ == "__main__":
    main()
