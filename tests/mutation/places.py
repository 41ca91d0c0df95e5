"""Where a header can be mutated, and how: places found in its syntax tree.

Left out is what has no behaviour at run time or none that a test should see: template arguments, requirements,
static_assert, assertions, constants of the compiler, preprocessor branches of other targets, texts.
"""
import collections
import dataclasses
import re

import tree_sitter
import tree_sitter_cpp

_parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_cpp.language()))

# What stands in for an operator: each a fault of its own.
_BINARY = {
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "%": ("/",), "&&": ("||",), "||": ("&&",),
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
}
_ASSIGNMENT = {"+=": ("-=", "="), "-=": ("+=", "="), "*=": ("/=", "="), "/=": ("*=", "=")}
_CALLS = {"std::min": "std::max", "std::max": "std::min", "min": "max", "max": "min"}

_ASSERTIONS = ("assert", "static_assert", "GRADIVA_ASSERT")

# No mutant within these: the compiler alone evaluates them.
_STATIC = {
    "static_assert_declaration", "concept_definition", "requires_clause", "requires_expression", "template_argument_list",
    "template_parameter_list", "alias_declaration", "array_declarator", "noexcept", "enum_specifier",
    "attribute_declaration", "attribute_specifier", "decltype", "sizeof_expression", "alignas_qualifier", "alignof_expression",
    "trailing_return_type", "preproc_include", "preproc_def", "preproc_call", "preproc_defined", "string_literal",
    "type_descriptor", "new_declarator", "bitfield_clause", "explicit_function_specifier", "using_declaration",
}


@dataclasses.dataclass(frozen=True)
class Place:
    """One mutant: bytes `begin` to `end` of `path` become `text`, where {on} is its switch."""
    path: str
    begin: int
    end: int
    at: int  # the byte of what is changed: an operator, a number, a statement
    line: int
    change: str
    text: str
    source: str  # the line it is in
    lines: range  # of the text that is replaced
    constant: bool  # in a function that the compiler may compute
    occurrence: int = 0  # which of the equal changes in its line, from 1; 0 where it is the only one

    def overlaps(self, other):
        return self.begin < other.end and other.begin < self.end

    def label(self):
        """The change, with its number where its line has several alike: `* -> / #2`."""
        return f"{self.change} #{self.occurrence}" if self.occurrence else self.change

    def key(self):
        """Names the place in equivalent.txt, whatever is added above it."""
        return (self.path, self.source.strip(), self.label())


def _code(source, node):
    return source[node.start_byte:node.end_byte].decode()


def _is_constexpr(node):
    return any(child.text in (b"constexpr", b"consteval") for child in node.children)


def _steps_by_one(loop):
    update = loop.child_by_field_name("update")
    return update is not None and update.type == "update_expression"


def _ends_a_loop(node):
    """`i < n` of a for loop."""
    operator = node.child_by_field_name("operator").type
    return node.parent.type == "for_statement" and operator in ("<", "<=")


def _ends_a_loop_in_larger_steps(node):
    """Whether a number stands in the condition of such a loop: code behind it does what it leaves, with the same
    result."""
    while node is not None and node.type != "for_statement":
        loop = node.parent
        if loop is not None and loop.type == "for_statement":
            update = loop.child_by_field_name("update")
            return (loop.child_by_field_name("condition") == node and update is not None and
                    update.type == "assignment_expression")
        if node.type in ("compound_statement", "lambda_expression"):
            return False
        node = loop
    return False


def _variants(source, node):
    """Yields (what changes, begin, end, replacement, kind) of this node alone."""
    kind = node.type
    if kind == "binary_expression":
        operator = node.child_by_field_name("operator")
        if _ends_a_loop(node):
            # One step too many is for the address sanitizer to find. A loop in larger steps, as of a vector's width, has
            # code behind it that does the rest with the same result.
            if _steps_by_one(node.parent):
                yield "loop ends one early", operator, f"+ 1 {_code(source, operator)}"
            return
        for other in _BINARY.get(_code(source, operator), ()):
            yield f"{_code(source, operator)} -> {other}", operator, other
    elif kind == "assignment_expression":
        operator = node.child_by_field_name("operator")
        for other in _ASSIGNMENT.get(_code(source, operator), ()):
            yield f"{_code(source, operator)} -> {other}", operator, other
    elif kind == "unary_expression":
        operator = node.child_by_field_name("operator")
        if _code(source, operator) in ("-", "!"):
            yield f"without {_code(source, operator)}", operator, ""
    elif kind == "number_literal" and not _ends_a_loop_in_larger_steps(node):
        text = _code(source, node)
        if re.fullmatch(r"0|0x0", text):
            yield f"{text} -> 1", node, "1"
        elif re.fullmatch(r"\d[\d']*", text):
            value = int(text.replace("'", ""))
            in_subscript = node.parent.type == "subscript_argument_list"  # one more may be beyond the end
            changed = str(value - 1 if in_subscript else value + 1 if value < 16 else 2 * value)
            yield f"{text} -> {changed}", node, changed
        elif re.fullmatch(r"[\d'.]+(e[-+]?\d+)?[fF]?", text):
            value = float(text.rstrip("fF").replace("'", ""))
            suffix = text[-1] if text[-1] in "fF" else ""
            changed = repr(value * 2 if value != 0 else 1.0) + suffix
            yield f"{text} -> {changed}", node, changed
    elif kind in ("true", "false"):
        other = "false" if kind == "true" else "true"
        yield f"{kind} -> {other}", node, other
    elif kind == "call_expression":
        function = node.child_by_field_name("function")
        other = _CALLS.get(_code(source, function))
        if other:
            yield f"{_code(source, function)} -> {other}", function, other


def _statement_of(node):
    """The statement that can be written twice, with and without the fault; nothing where there is none."""
    while node is not None and node.type not in ("compound_statement", "field_declaration", "declaration"):
        if node.type == "lambda_expression":
            return None
        if node.type == "expression_statement":
            return node
        node = node.parent
    return None


def _replacement(source, node, target, other):
    """(begin, end, text) of a fault: the expression as a choice, or the statement twice where its type may differ."""
    def edited(outer):
        return (source[outer.start_byte:target.start_byte] + other.encode() +
                source[target.end_byte:outer.end_byte]).decode()

    statement = _statement_of(node)
    arithmetic = node.type in ("binary_expression", "assignment_expression", "unary_expression", "call_expression")
    if arithmetic and statement is not None and "//" not in _code(source, statement):
        text = f"{{ if ({{on}}) {{ {edited(statement)} }} else {{ {_code(source, statement)} }} }}"
        return statement.start_byte, statement.end_byte, text
    return node.start_byte, node.end_byte, f"({{on}} ? ({edited(node)}) : ({_code(source, node)}))"


def _whole(source, node):
    """Yields (what changes, begin, end, text) of conditions, statements and initializers."""
    kind = node.type
    if kind == "if_statement" and not any(child.type == "constexpr" for child in node.children):
        clause = node.child_by_field_name("condition")
        value = clause.child_by_field_name("value")
        if value is not None and value.type not in ("declaration", "condition_declaration"):
            code = _code(source, value)
            yield "condition negated", value.start_byte, value.end_byte, f"({{on}} ? !({code}) : bool({code}))"
    elif kind == "conditional_expression":
        value = node.child_by_field_name("condition")
        code = _code(source, value)
        yield "choice swapped", value.start_byte, value.end_byte, f"({{on}} ? !({code}) : bool({code}))"
    elif kind in ("expression_statement", "break_statement", "continue_statement"):
        code = _code(source, node)
        if "//" not in code and node.parent.type in ("compound_statement", "if_statement", "else_clause",
                                                     "for_statement", "for_range_loop", "while_statement"):
            yield "statement left out", node.start_byte, node.end_byte, f"{{ if (!{{on}}) {{ {code} }} }}"
    elif kind == "initializer_pair":
        value = node.child_by_field_name("value")
        if value is not None and value.type not in ("initializer_list", "lambda_expression", "string_literal",
                                                    "number_literal", "true", "false"):
            code = _code(source, value)
            yield ("initializer left out", value.start_byte, value.end_byte,
                   f"({{on}} ? gradiva_mutation::empty({code}) : ({code}))")


def _skipped(source, node):
    if node.type in _STATIC or node.type == "ERROR":
        return True
    if node.type in ("declaration", "field_declaration") and _is_constexpr(node):
        return True
    if node.type == "expression_statement":
        return node.named_child_count == 1 and _skipped(source, node.named_children[0])
    return node.type == "call_expression" and _code(source, node.child_by_field_name("function")) in _ASSERTIONS


def _is_constant_part(node, i, child):
    """The condition of `if constexpr` and of `#if`, the value of a case, and `true` of `while (true)`."""
    if node.type == "if_statement":
        return child.type == "condition_clause" and any(c.type == "constexpr" for c in node.children)
    if node.type == "while_statement":
        return child.text == b"(true)"
    field = node.field_name_for_child(i)
    return (node.type == "case_statement" and field == "value") or (node.type.startswith("preproc") and field == "condition")


def _numbered(places):
    """The same places, those that are alike in one line with their number."""
    alike = collections.defaultdict(list)
    for place in sorted(places, key=lambda place: place.at):
        alike[place.line, place.change].append(place)
    return [place if len(group) == 1 else dataclasses.replace(place, occurrence=number)
            for group in alike.values() for number, place in enumerate(group, 1)]


def places_in(path, source, active_lines):
    """All mutants of one header. `active_lines`: those that this target's preprocessor keeps."""
    found = []
    lines = source.decode().split("\n")

    def add(node, change, begin, end, text, constant):
        row = node.start_point[0]
        if row + 1 not in active_lines or "\\" in lines[row][-1:]:
            return
        text = text.replace("\n", " ")
        lost = source[begin:end].count(b"\n")
        first = source[:begin].count(b"\n") + 1
        found.append(Place(path, begin, end, node.start_byte, row + 1, change, text + "\n" * lost, lines[row],
                           range(first, first + lost + 1), constant))

    def walk(node, constant=False):
        if _skipped(source, node):
            return
        constant |= node.type == "function_definition" and _is_constexpr(node)
        for change, target, other in _variants(source, node):
            begin, end, text = _replacement(source, node, target, other)
            add(target, change, begin, end, text, constant)
        for change, begin, end, text in _whole(source, node):
            add(node, change, begin, end, text, constant)
        for i, child in enumerate(node.children):
            if not _is_constant_part(node, i, child):
                walk(child, constant)

    walk(_parser.parse(source).root_node)
    return _numbered(found)
