"""Settings, reasons and errors: what is declared once is read, shown and carried as declared."""

import pickle
import subprocess
import sys

import pytest

from whitehot import settings
from whitehot.errors import Unsupported, WhitehotError
from whitehot.reasons import Kind, Reason, of_kind
from whitehot.settings import Settings

ENTRIES = list(settings.entries())


def read(environment: dict[str, str], options: dict[str, str | bool] | None = None) -> tuple[Settings, list[str]]:
    """The settings and the complaints about them."""
    lines: list[str] = []
    return settings.read(environment, options, warn=lines.append), lines


def test_defaults() -> None:
    """An empty environment gives the defaults, without a word."""
    found, lines = read({})
    assert found == Settings()
    assert lines == []
    assert found.enabled is None
    assert found.call_threshold == 200
    assert found.stress == frozenset()


def test_values_are_read_from_the_environment() -> None:
    """Each kind of value has its form."""
    found, lines = read(
        {
            "WHITEHOT": "1",
            "WHITEHOT_STATS": "yes",
            "WHITEHOT_STRESS": "deopt, compile",
            "WHITEHOT_COMPILE_THREAD": "inline",
            "WHITEHOT_LOOP_THRESHOLD": " 7 ",
            "WHITEHOT_STATS_FILE": "/somewhere/stats.json",
        }
    )
    assert lines == []
    assert found.enabled is True
    assert found.stats is True
    assert found.stress == {"compile", "deopt"}
    assert found.compile_thread == "inline"
    assert found.loop_threshold == 7
    assert found.stats_file == "/somewhere/stats.json"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("WHITEHOT", "banana"),
        ("WHITEHOT_STATS", "2"),
        ("WHITEHOT_STRESS", "compile,melt"),
        ("WHITEHOT_COMPILE_THREAD", "elsewhere"),
        ("WHITEHOT_CALL_THRESHOLD", "many"),
        ("WHITEHOT_CALL_THRESHOLD", "0"),
        ("WHITEHOT_OPT_LEVEL", "4"),
    ],
)
def test_a_bad_value_is_one_line_and_the_default(variable: str, text: str) -> None:
    """The line names the variable, the value and what is allowed."""
    found, lines = read({variable: text})
    assert found == Settings()
    (line,) = lines
    assert variable in line
    assert text in line
    assert "should be" in line
    assert "\n" not in line


def test_options_of_the_interpreter_come_before_the_environment() -> None:
    """-X is nearer to the user than a variable, as for Python's own settings."""
    found, _ = read({"WHITEHOT_CALL_THRESHOLD": "5"}, {"whitehot_call_threshold": "6", "whitehot": True})
    assert found.call_threshold == 6
    assert found.enabled is True


@pytest.mark.parametrize("word", ["0", "off", "No", "false"])
def test_zero_beats_everything(word: str) -> None:
    """WHITEHOT=0 is heeded whatever the command line says, and where the environment is ignored."""
    found = settings.read({"WHITEHOT": word}, {"whitehot": True}, ignore_environment=True)
    assert found.enabled is False


def test_an_ignored_environment_changes_nothing() -> None:
    """Under python -E every other variable is as if it were not there."""
    found = settings.read({"WHITEHOT": "1", "WHITEHOT_STATS": "1"}, ignore_environment=True)
    assert found == Settings()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.variable)
def test_every_entry_is_complete(entry: settings.Entry) -> None:
    """A name that follows from the variable, a sentence of help, a default that reads back."""
    assert entry.variable == "WHITEHOT" or entry.variable == f"WHITEHOT_{entry.name.upper()}"
    assert entry.help.endswith(".")
    assert entry.kind
    shown = entry.show(entry.default)
    assert not shown or entry.parse(shown) == entry.default
    assert getattr(Settings(), entry.name) == entry.default


def test_settings_are_frozen() -> None:
    """A changed copy is the only way to change a setting."""
    with pytest.raises(AttributeError, match="replace"):
        Settings().call_threshold = 3
    changed = Settings().replace(call_threshold=3)
    assert changed.call_threshold == 3
    assert repr(changed) == "Settings(call_threshold=3)"
    assert hash(changed) == hash(Settings(call_threshold=3))
    assert Settings().call_threshold == 200
    with pytest.raises(TypeError, match="melting_point"):
        Settings(melting_point=1538)


def test_settings_travel_between_processes() -> None:
    """A compiler in another process works with the same settings."""
    changed = Settings(stress=frozenset({"deopt"}), enabled=True)
    assert pickle.loads(pickle.dumps(changed)) == changed


def test_every_reason_is_explained_in_one_sentence() -> None:
    """People read these; two reasons with the same words would be one reason."""
    assert len({reason.explanation for reason in Reason}) == len(Reason)
    for reason in Reason:
        assert reason.explanation[0].isupper()
        assert reason.explanation.endswith(".")
    assert sum(len(of_kind(kind)) for kind in Kind) == len(Reason)
    assert Reason.ZERO_DIVISION.label == "zero division"


def test_unsupported_names_reason_and_detail() -> None:
    """The refusal keeps both, in words and as data, also through pickle."""
    error: Unsupported = pickle.loads(pickle.dumps(Unsupported(Reason.BYTECODE, "MATCH_CLASS")))
    assert (error.reason, error.detail) == (Reason.BYTECODE, "MATCH_CLASS")
    assert str(error) == "bytecode: MATCH_CLASS"
    assert str(Unsupported(Reason.GENERATOR)) == "generator"
    assert isinstance(error, WhitehotError)


def test_importing_whitehot_loads_nothing_else() -> None:
    """`import whitehot`, its settings and its start-up module load no module that costs anything."""
    folder = settings.__file__.removesuffix("/whitehot/settings.py")
    code = f"""if True:
        import sys
        sys.path.insert(0, {folder!r})
        before = set(sys.modules)
        import whitehot, whitehot.tools.startup
        print(*sorted(set(sys.modules) - before))
    """
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout
        == "__future__ whitehot whitehot.isolation whitehot.settings whitehot.tools whitehot.tools.startup\n"
    )
