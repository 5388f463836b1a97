// Posts an event, or reads all that came of it, with the types that openapi-typescript made.
import createClient from "openapi-fetch";
import type { components, paths } from "./terukur";

const env = process.env as Record<string, string>;
const client = (token: string) => createClient<paths>({
  baseUrl: `${env.GATEWAY_URL}/api/v1`, headers: { Authorization: `Bearer ${token}` },
});
const upstream = client(env.UPSTREAM_API_KEY!), auditor = client(env.AUDITOR_TOKEN!);

async function post(source: string) {
  const event: components["schemas"]["activityEvent"] = {
    specversion: "1.0", id: "generated", source, type: "terukur.activity.recorded.v1", subject: env.NIP!,
    time: new Date().toISOString(), data: { indicator: env.INDICATOR!, value: 1, ref: "visit/1" },
  };
  const { data, error } = await upstream.POST("/events", { body: event });
  return data ? data.accepted : error.errors![0]!.code;
}

async function pages<T>(ask: (cursor?: string) => Promise<{ data?: { items: T[]; next: string | null } }>) {
  const items: T[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = (await ask(cursor)).data!;
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

async function read() {
  const person = env.PERSON!, period = env.PERIOD!;
  const { data: score } = await auditor.GET("/people/{person}/scores/{period}", { params: { path: { person, period } } });
  const evidence = await pages((cursor) => auditor.GET("/people/{person}/evidence", {
    params: { path: { person }, query: cursor ? { period, cursor } : { period } } }));
  const rejections = await pages((cursor) => upstream.GET("/events/rejections", {
    params: { query: cursor ? { cursor } : {} } }));
  return {
    realized: score!.items[0]!.realized, rating: score!.results!.rating, grade: score!.grade,
    evidence: evidence.length, mine: evidence.filter((e) => e.id === "generated").map((e) => e.ref),
    rejections: rejections.length, reasons: [...new Set(rejections.map((r) => r.reason))].sort(),
  };
}

const said = process.argv[2] === "post" ? [await post(env.SOURCE!), await post("somebody-else")] : await read();
console.log(JSON.stringify(said));
