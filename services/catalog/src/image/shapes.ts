const { abs, hypot, max, min } = Math

/** left, top, right, bottom */
export type Bounds = readonly [number, number, number, number]

/** A flat figure, for vector and raster images. */
export interface Shape {
  readonly svg: (colour: string) => string
  readonly bounds: Bounds
  readonly covers: (x: number, y: number) => boolean
}

/** Builds each kind of shape from its numbers. */
export const shapes: Readonly<Record<string, (...numbers: number[]) => Shape>> = {
  box,
  disc,
  dome,
  bowl,
  ring,
  line,
  leaf,
  poly,
}

function box(x: number, y: number, width: number, height: number, radius = 0): Shape {
  const across = width / 2 - radius
  const down = height / 2 - radius
  const beyond = (distance: number, reach: number) => (distance > reach ? (distance - reach) ** 2 : 0)
  return {
    svg: (colour) => `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${colour}"/>`,
    bounds: [x, y, x + width, y + height],
    covers: (px, py) => beyond(abs(px - x - width / 2), across) + beyond(abs(py - y - height / 2), down) <= radius ** 2,
  }
}

function disc(cx: number, cy: number, rx: number, ry: number): Shape {
  return {
    svg: (colour) => `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${colour}"/>`,
    bounds: [cx - rx, cy - ry, cx + rx, cy + ry],
    covers: (x, y) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1,
  }
}

/** The upper half of a disc. */
function dome(cx: number, cy: number, rx: number, ry: number): Shape {
  const whole = disc(cx, cy, rx, ry)
  return {
    svg: (colour) => `<path d="M${cx - rx} ${cy}a${rx} ${ry} 0 0 1 ${2 * rx} 0z" fill="${colour}"/>`,
    bounds: [cx - rx, cy - ry, cx + rx, cy],
    covers: (x, y) => y <= cy && whole.covers(x, y),
  }
}

/** The lower half of a disc. */
function bowl(cx: number, cy: number, rx: number, ry: number): Shape {
  const whole = disc(cx, cy, rx, ry)
  return {
    svg: (colour) => `<path d="M${cx - rx} ${cy}a${rx} ${ry} 0 0 0 ${2 * rx} 0z" fill="${colour}"/>`,
    bounds: [cx - rx, cy, cx + rx, cy + ry],
    covers: (x, y) => y >= cy && whole.covers(x, y),
  }
}

function ring(cx: number, cy: number, radius: number, width: number): Shape {
  const reach = radius + width / 2
  return {
    svg: (colour) =>
      `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="none" stroke="${colour}" stroke-width="${width}"/>`,
    bounds: [cx - reach, cy - reach, cx + reach, cy + reach],
    covers: (x, y) => abs(hypot(x - cx, y - cy) - radius) <= width / 2,
  }
}

/** With round ends. */
function line(x1: number, y1: number, x2: number, y2: number, width: number): Shape {
  const half = width / 2
  const [dx, dy] = [x2 - x1, y2 - y1]
  const nearest = (x: number, y: number) => min(max(((x - x1) * dx + (y - y1) * dy) / (dx ** 2 + dy ** 2), 0), 1)
  return {
    svg: (colour) =>
      `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${colour}" stroke-width="${width}" stroke-linecap="round"/>`,
    bounds: [min(x1, x2) - half, min(y1, y2) - half, max(x1, x2) + half, max(y1, y2) + half],
    covers: (x, y) => {
      const t = nearest(x, y)
      return (x - x1 - t * dx) ** 2 + (y - y1 - t * dy) ** 2 <= half ** 2
    },
  }
}

/** The intersection of two equal circles, from tip to tip. */
function leaf(x1: number, y1: number, x2: number, y2: number, width: number): Shape {
  const length = hypot(x2 - x1, y2 - y1)
  const radius = (length ** 2 + width ** 2) / (4 * width)
  const offset = (radius - width / 2) / length
  const centres = [offset, -offset].map(
    (by) => [(x1 + x2) / 2 + (y1 - y2) * by, (y1 + y2) / 2 + (x2 - x1) * by] as const,
  )
  const [across, down] = [y2 - y1, x2 - x1].map((side) => (abs(side) / length) * (width / 2)) as [number, number]
  const arc = `A${radius} ${radius} 0 0 1`
  return {
    svg: (colour) => `<path d="M${x1} ${y1}${arc} ${x2} ${y2}${arc} ${x1} ${y1}z" fill="${colour}"/>`,
    bounds: [min(x1, x2) - across, min(y1, y2) - down, max(x1, x2) + across, max(y1, y2) + down],
    covers: (x, y) => centres.every(([cx, cy]) => (x - cx) ** 2 + (y - cy) ** 2 <= radius ** 2),
  }
}

function poly(...numbers: number[]): Shape {
  const xs = numbers.filter((_, at) => at % 2 === 0)
  const ys = numbers.filter((_, at) => at % 2 === 1)
  return {
    svg: (colour) => `<path d="M${xs.map((x, at) => `${x} ${ys[at]}`).join('L')}z" fill="${colour}"/>`,
    bounds: [min(...xs), min(...ys), max(...xs), max(...ys)],
    covers: (x, y) => {
      let inside = false
      for (let at = 0, before = xs.length - 1; at < xs.length; before = at, at += 1) {
        const crossed = ys[at]! > y !== ys[before]! > y
        const slope = (xs[before]! - xs[at]!) / (ys[before]! - ys[at]!)
        if (crossed && x < xs[at]! + (y - ys[at]!) * slope) inside = !inside
      }
      return inside
    },
  }
}
