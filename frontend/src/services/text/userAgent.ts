/** Describes a user agent: browser and operating system. */

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bSamsungBrowser\/(\d+)/, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/\b(?:HeadlessChrome|Chrome|Chromium|CriOS)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/\b(?:iPhone|iPod)\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];
/** Programs begin with their name: curl/8.5, python-requests/2.32. */
const PROGRAM = /^([\w.-]{1,40})\/(\d+(?:\.\d+)?)/;

/** "Chrome 140 on Linux" or "curl 8.5"; others are returned unchanged. */
export function describeUserAgent(agent: string): string {
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  for (const [pattern, name] of BROWSERS) {
    const version = agent.match(pattern)?.[1];
    if (version !== undefined)
      return system ? `${name} ${version} on ${system}` : `${name} ${version}`;
  }
  const program = agent.match(PROGRAM);
  if (program && program[1] !== "Mozilla") return `${program[1]} ${program[2]}`;
  return agent.trim() || "An unnamed client";
}
