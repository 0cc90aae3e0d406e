"""The samples as Markdown."""

from statistics import median, quantiles

from measures import MEASURES


def ratios(samples, shape, measure, rival):
    """Round by round, the first contender's figure to the rival's."""
    ours = samples.of(shape, measure, shape.contenders[0])
    theirs = samples.of(shape, measure, rival)
    return [a / b for a, b in zip(ours, theirs)]


def spread(values):
    """The median, with the middle half in brackets."""
    text = f"{median(values):.2f}"
    if len(values) > 3:
        low, _, high = quantiles(values, n=4)
        text += f" ({low:.2f} to {high:.2f})"
    return text


def table(samples, shape):
    unit = "byte" if shape.bytes else "request"
    lines = ["| | " + " | ".join(shape.contenders) + " |",
             "|---|" + "---:|" * len(shape.contenders)]
    for name in shape.show:
        measure = MEASURES[name]
        if not samples.of(shape, name, shape.contenders[0]):
            continue
        row = "| " + measure.label.format(unit=unit) + " |"
        for contender in shape.contenders:
            value = median(samples.of(shape, name, contender)) * measure.scale
            row += " " + measure.form.format(value)
            if contender != shape.contenders[0]:
                row += f" ({median(ratios(samples, shape, name, contender)):.2f})"
            row += " |"
        lines.append(row)
    return lines


def verdict(samples, shape, target):
    """A line that says whether the target is met. Where instructions (or cycles) were not counted,
    those of callgrind and the time on the CPU stand in, and must both meet it."""
    judged = [target.measure]
    if not samples.of(shape, target.measure, target.rival):
        judged = [m for m in ("callgrind", "cpu") if samples.of(shape, m, target.rival)]
    found = {m: ratios(samples, shape, m, target.rival) for m in judged}
    if target.at_most is not None:
        bound = f"at most {target.at_most:.2f}"
        met = all(median(values) <= target.at_most for values in found.values())
    else:
        bound = f"at least {target.at_least:.2f}"
        met = all(median(values) >= target.at_least for values in found.values())
    figures = "; ".join(f"{spread(values)} by {MEASURES[m].short}" for m, values in found.items())
    return (f"- {'**Pass**' if met else '**Fail**'}: {MEASURES[target.measure].short} to be {bound}"
            f" of {target.rival}'s: {figures}")


def section(samples, shape):
    lines = [f"## {shape.title}", "", *table(samples, shape)]
    verdicts = [verdict(samples, shape, t) for t in shape.targets if t.rival in shape.contenders[1:]]
    return "\n".join(lines + ([""] + verdicts if verdicts else [])) + "\n"
