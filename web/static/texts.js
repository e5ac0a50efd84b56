// The words that scripts show, in the language of the page as it is now: it can change with a question. Left out:
// all other words, which the server has put where they stand.

const holder = () => document.getElementById("texts");

export const say = (name) => JSON.parse(holder().dataset.texts)[name];

export const interfaceLanguage = () => document.documentElement.lang;

// null: nobody chose, so the language of the question decides
export const chosenLanguage = () => (holder().dataset.chosen ? interfaceLanguage() : null);

/** Take every part of the page that holds words from the same page in another language; what was typed stays. */
export async function switchLanguage(ui) {
  const response = await fetch(location.pathname, { headers: { "Accept-Language": ui } });
  const other = new DOMParser().parseFromString(await response.text(), "text/html");
  const form = document.getElementById("ask");
  const fields = [...new FormData(form)].filter(([name]) => name !== "q");
  const unseen = document.querySelector(".intro").className;
  for (const part of other.querySelectorAll("[data-chrome]"))
    document.querySelector(`[data-chrome="${part.dataset.chrome}"]`)?.replaceWith(part);
  document.querySelector(".intro").className = unseen;
  for (const [name, value] of fields) if (form.elements[name]) form.elements[name].value = value;
  for (const [place, attribute] of [["question", "placeholder"], ["panel", "aria-label"], ["panel", "data-close"]])
    document.getElementById(place).setAttribute(attribute, other.getElementById(place).getAttribute(attribute));
  for (const one of ["label[for=question]", ".box .send", ".box .stop", ".skip"])
    document.querySelector(one).textContent = other.querySelector(one).textContent;
  document.documentElement.lang = other.documentElement.lang;
  document.title = other.title;
}
