type Schema = Readonly<Record<string, unknown>>;

/** What of a value a JSON schema does not allow; the keywords that docs/events.schema.json uses. */
export function schemaFaults(value: unknown, schema: Schema, root: Schema, path = "$"): readonly string[] {
  const faults: string[] = [];
  const known = new Set([...Object.keys(checks), "$schema", "$defs", "title", "description"]);
  for (const [keyword, argument] of Object.entries(schema)) {
    const check = checks[keyword];
    if (check !== undefined) faults.push(...check(value, argument, { schema, root, path }));
    else if (!known.has(keyword)) faults.push(`${path}: the schema has the unknown keyword ${keyword}`);
  }
  return faults;
}

interface Place {
  readonly schema: Schema;
  readonly root: Schema;
  readonly path: string;
}

type Check = (value: unknown, argument: unknown, place: Place) => readonly string[];

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const asSchema = (value: unknown): Schema => (isObject(value) ? value : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);
const fault = (bad: boolean, place: Place, text: string): readonly string[] =>
  bad ? [`${place.path}: ${text}`] : [];

function typeOf(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  return Number.isInteger(value) ? ["integer", "number"] : [typeof value];
}

const checks: Readonly<Record<string, Check>> = {
  $ref: (value, argument, { root, path }) => {
    const name = String(argument).replace("#/$defs/", "");
    return schemaFaults(value, asSchema(asSchema(root.$defs)[name]), root, path);
  },
  oneOf: (value, argument, place) => {
    const answers = asList(argument).map((one) => schemaFaults(value, asSchema(one), place.root, place.path));
    const fits = answers.filter((faults) => faults.length === 0).length;
    return fault(fits !== 1, place, `fits ${fits} of oneOf: ${JSON.stringify(value)}`);
  },
  type: (value, argument, place) =>
    fault(!asList(argument).some((type) => typeOf(value).includes(String(type))), place, `is no ${argument}`),
  const: (value, argument, place) => fault(value !== argument, place, `is not ${argument}`),
  enum: (value, argument, place) => fault(!asList(argument).includes(value), place, `is none of ${argument}`),
  minimum: (value, argument, place) => fault(Number(value) < Number(argument), place, `is below ${argument}`),
  pattern: (value, argument, place) =>
    fault(!new RegExp(String(argument)).test(String(value)), place, `does not match ${argument}`),
  required: (value, argument, place) =>
    asList(argument).flatMap((key) => fault(!(String(key) in asSchema(value)), place, `lacks ${key}`)),
  properties: (value, argument, { root, path }) =>
    Object.entries(asSchema(argument)).flatMap(([key, schema]) =>
      key in asSchema(value)
        ? schemaFaults(asSchema(value)[key], asSchema(schema), root, `${path}.${key}`)
        : [],
    ),
  additionalProperties: (value, argument, place) =>
    Object.keys(asSchema(value)).flatMap((key) =>
      fault(
        argument === false && !(key in asSchema(place.schema.properties)),
        place,
        `has the unknown key ${key}`,
      ),
    ),
  items: (value, argument, { root, path }) =>
    asList(value).flatMap((item, index) => schemaFaults(item, asSchema(argument), root, `${path}[${index}]`)),
};
