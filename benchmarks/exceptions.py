"""Exceptions: a reader of messy settings that raises, catches, chains and cleans up."""

from _protocol import benchmark


class SettingError(Exception):
    """A setting that cannot be used."""

    def __init__(self, name, reason):
        super().__init__(f"{name}: {reason}")
        self.name = name


class MissingSetting(SettingError):
    pass


class Transaction:
    """Undoes what was done inside it when an exception leaves it."""

    def __init__(self, settings):
        self.settings = settings

    def __enter__(self):
        self.saved = dict(self.settings)
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.settings.clear()
            self.settings.update(self.saved)


def parse_number(text):
    """An int where possible, else a float, else None."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return None


def read_setting(source, name):
    try:
        text = source[name]
    except KeyError as error:
        raise MissingSetting(name, "not there") from error
    value = parse_number(text)
    if value is None:
        raise SettingError(name, f"{text!r} is not a number")
    return value


def apply_settings(settings, source, names, log):
    with Transaction(settings):
        try:
            for name in names:
                settings[name] = read_setting(source, name)
        finally:
            log["tried"] += 1


def dig(depth):
    """An exception from `depth` calls down."""
    if depth == 0:
        raise LookupError("bottom")
    return dig(depth - 1) + 1


def configure(size):
    """Counts of what went well and wrong in `size` attempts."""
    log = {"tried": 0, "wrong": 0, "missing": 0, "deep": 0}
    settings = {}
    texts = ["12", "7.5", "many", "1e3", "-4", "0x10", "99"]
    names = ["width", "height", "depth"]
    for attempt in range(size):
        source = {name: texts[(attempt + i * 3) % 7] for i, name in enumerate(names)}
        if attempt % 5 == 0:
            del source["height"]
        try:
            apply_settings(settings, source, names, log)
        except SettingError as error:
            log["wrong"] += len(error.name)
            if error.__cause__ is not None:
                log["missing"] += 1
        if attempt % 10 == 0:
            try:
                dig(10)
            except LookupError:
                log["deep"] += 1
    return log, settings


def main():
    benchmark(configure, 80_000)


if __name__ == "__main__":
    main()
