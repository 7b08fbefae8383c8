"""`python -m service` is `litwatch`."""

from service.cli.main import main

if __name__ == "__main__":
    main()
