"""What would change: two catalogues compared, a line for each difference."""

from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.money import display

INCLUDED = "included"


def changes(old: Catalogue | None, new: Catalogue) -> list[str]:
    """`+` is new, `-` is gone, `~` is different. Nothing when both are alike."""
    before, after = _facts(old) if old else {}, _facts(new)
    lines = []
    for name in dict.fromkeys((*before, *after)):
        was, will_be = before.get(name), after.get(name)
        if was is None:
            lines.append(f"+ {name}: {will_be}")
        elif will_be is None:
            lines.append(f"- {name}: {was}")
        elif was != will_be:
            lines.append(f"~ {name}: {was} -> {will_be}")
    return lines


def _facts(catalogue: Catalogue) -> dict[str, str]:
    facts = {
        "currencies": ", ".join(catalogue.currencies),
        "features": ", ".join(feature.code for feature in catalogue.features),
        "plans": ", ".join(plan.code for plan in catalogue.plans),
    }
    for feature in catalogue.features:
        facts[f"feature {feature.code}"] = feature.name
    for plan in catalogue.plans:
        facts[f"{plan.code}, name"] = plan.name
        facts[f"{plan.code}, description"] = plan.description
        if plan.highlighted:
            facts[f"{plan.code}, highlighted"] = "yes"
        for code, amount in plan.features.items():
            facts[f"{plan.code}, feature {code}"] = amount or INCLUDED
        for interval, amounts in plan.prices.items():
            for currency, amount_minor in amounts.items():
                shown = display(amount_minor, currency)
                facts[f"{plan.code}, a {interval} in {currency}"] = shown
    return facts
