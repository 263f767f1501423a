import { expect, it } from "vitest";
import type { PullProgress } from "../task/index.ts";
import { PullMeter } from "./pull-meter.ts";

function setUp() {
  const clock = { nowMs: 0 };
  const reports: PullProgress[] = [];
  const meter = new PullMeter(
    "app:1",
    (progress) => reports.push(progress),
    () => clock.nowMs,
  );
  const download = (id: string, current: number, total: number) =>
    meter.take({ id, status: "Downloading", progressDetail: { current, total } });
  return { clock, reports, meter, download };
}

it("bytes, rate and time left are those of all layers together", () => {
  const { clock, reports, meter, download } = setUp();
  meter.take({ id: "1", status: "Pulling from library/app" });
  meter.take({ id: "a", status: "Pulling fs layer" });
  meter.take({ id: "b", status: "Pulling fs layer" });
  meter.take({ id: "c", status: "Already exists" });
  clock.nowMs = 1000;
  download("a", 0, 1000);
  clock.nowMs = 2000;
  download("b", 500, 3000);
  expect(reports.at(-1)).toEqual({
    image: "app:1",
    receivedBytes: 500,
    totalBytes: 4000,
    bytesPerSecond: 250,
    secondsLeft: 14,
    layersDone: 1,
    layersTotal: 3,
  });
});

it("a layer that is fetched counts in full, and extracting it adds nothing", () => {
  const { clock, reports, meter, download } = setUp();
  download("a", 10, 1000);
  clock.nowMs = 1000;
  meter.take({ id: "a", status: "Download complete" });
  clock.nowMs = 2000;
  meter.take({ id: "a", status: "Extracting", progressDetail: { current: 1, total: 1000 } });
  expect(reports.at(-1)).toMatchObject({ receivedBytes: 1000, totalBytes: 1000, layersDone: 1 });
});

it("a layer that is fetched again starts anew, and the rate never falls below zero", () => {
  const { clock, reports, meter, download } = setUp();
  download("a", 900, 1000);
  clock.nowMs = 1000;
  meter.take({ id: "a", status: "Retrying in 5 seconds" });
  expect(reports.at(-1)).toMatchObject({
    receivedBytes: 0,
    totalBytes: 1000,
    bytesPerSecond: 0,
    layersDone: 0,
  });
  expect(reports.at(-1)?.secondsLeft).toBeUndefined();
});

it("reports come at most every quarter of a second, and the last one always", () => {
  const { clock, reports, meter, download } = setUp();
  for (let ms = 0; ms <= 1000; ms += 10) {
    clock.nowMs = ms;
    download("a", ms, 2000);
  }
  expect(reports.length).toBe(5);
  download("a", 1999, 2000);
  meter.finish();
  expect(reports.at(-1)?.receivedBytes).toBe(1999);
});
