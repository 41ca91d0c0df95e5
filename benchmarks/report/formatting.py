"""Numbers, tables and sections as Markdown."""


def number(value, digits=3):
    """With so many significant digits, and no more: 0.0123, 1.23, 123, 12,300."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    text = f"{float(f'{value:.{digits}g}'):,.{12}f}".rstrip("0").rstrip(".")
    return text if abs(value) >= 1e-6 else f"{value:.{digits}g}"


def millions(value):
    return number(value / 1e6) if value is not None else ""


def percent(value):
    return f"{round(100 * value)} %" if value is not None else ""


def times(value):
    return f"{number(value)} x" if value is not None else ""


def ratio(value, by):
    """None where either is missing."""
    return value / by if value is not None and by else None


def seconds(value):
    if value is None:
        return ""
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(value * 1e9)} ns"


def table(head, rows):
    """Text to the left, and all that is not in the first column to the right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def section(title, *paragraphs):
    return "\n\n".join([f"## {title}", *(paragraph for paragraph in paragraphs if paragraph)])
