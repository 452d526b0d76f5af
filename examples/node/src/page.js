import Mustache from "mustache";

/** Renders the dishes, cheapest first. */
export function page(template, dishes) {
  const sorted = [...dishes].sort((a, b) => a.price - b.price);
  return Mustache.render(template, { dishes: sorted });
}
