export { closestName as suggest } from "../task/index.ts";
