"""Several values die at one bytecode."""

from __future__ import annotations

from whitehot.ir.graph import Value
from whitehot.ir.parser import parse_function
from whitehot.passes.references import count_references


def test_who_leaves_needs_all_that_the_state_has() -> None:
    """Nothing is let go of before an instruction whose state has it; what native code owns there is said."""
    function = parse_function("""
func f(%0: object, %1: object) -> object frame {
b0:
  %2: object = frame_take {0}
  %3: object = frame_take {1}
  %4: object[str] = guard_type %2  {@PyUnicode_Type} exit 2 [%2, %3]
  %5: object[str] = str_append %4, %4                raise 4 [%4, %3] stack [%4, %4]
  %6: object[NoneType] = constant {@_Py_NoneStruct}
  drop %3                                            exit 8 [%5, %3] stack [%6]
  return %6
}
""")
    count_references(function)
    (block,) = function.blocks()
    gone: set[Value] = set()
    for instruction in block.instructions:
        if instruction.state is not None:
            assert not gone & set(instruction.state.values())
        if instruction.operation.name.startswith(("decref", "xdecref")):
            gone.update(instruction.operands)
    names = [instruction.operation.name for instruction in block.instructions]
    release = block.instructions[names.index("release")]
    assert len(release.owned) == 2
    assert names[-3:] == ["release", "decref_unobserved", "return"]


def test_locals_go_with_the_frame() -> None:
    """Right before `return`, the reference to a local goes to its slot; one is taken for what a list was found to hold. What the frame has by itself stays."""
    function = parse_function("""
func f(%0: object) -> object frame {
b0:
  %1: object = frame_local {0}
  %2: object[list] = make_list %1                    raise 2 [%1, -, -]
  %3: i64 = constant {0}
  %4: object = list_item %2, %3                      exit 4 [%1, %2, -]
  %5: object[NoneType] = constant {@_Py_NoneStruct}
  drop_local %4 {2}
  drop_local %2 {1}
  drop_local %1 {0}
  return %5
}
""")
    count_references(function)
    (block,) = function.blocks()
    names = [instruction.operation.name for instruction in block.instructions]
    ends = ["incref", "release_with_frame", "release_with_frame", "return"]
    assert names == ["frame_local", "make_list", "constant", "list_item", "constant", *ends]
    assert [instruction.attributes for instruction in block.instructions[-3:-1]] == [(2,), (1,)]
