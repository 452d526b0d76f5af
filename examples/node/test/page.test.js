import assert from "node:assert/strict";
import test from "node:test";
import { page } from "../src/page.js";

test("cheapest first, names escaped", () => {
  const dishes = [{ name: "a", price: 2 }, { name: "<b>", price: 1 }];
  assert.equal(page("{{#dishes}}{{name}},{{/dishes}}", dishes), "&lt;b&gt;,a,");
});
