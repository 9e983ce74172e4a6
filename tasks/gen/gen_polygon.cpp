// SPDX-License-Identifier: MIT
// Lattice polygons: points, areas. First method: shoelace and Pick; second: every lattice point of the bounding box is
// tested against every edge, and areas follow from the counts.
//
// Level: 1 points of a rectangle, 2 twice the area of a triangle, 3 points inside a triangle, 4 points inside a polygon
// of 5 or 6 corners.
#include <algorithm>
#include <fmt/format.h>
#include <numeric>

#include "tasks/gen/families.h"
#include "tasks/gen/tools.h"

namespace proctor {
namespace {

struct Point {
  int64_t x = 0, y = 0;
};

using Polygon = std::vector<Point>;

int64_t cross(Point a, Point b, Point c) { return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x); }

int64_t twice_area(const Polygon& polygon) {
  int64_t sum = 0;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    sum += a.x * b.y - b.x * a.y;
  }
  return std::abs(sum);
}

int64_t boundary_points(const Polygon& polygon) {
  int64_t n = 0;
  for (size_t i = 0; i < polygon.size(); ++i) {
    const Point a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    n += std::gcd(a.x - b.x, a.y - b.y);
  }
  return n;
}

int64_t inner_points(const Polygon& polygon) { return (twice_area(polygon) - boundary_points(polygon) + 2) / 2; }

// Corners in order around a convex outline: the hull of random points, with as many corners as wanted.
Polygon draw_convex(size_t corners, int64_t largest, SplitMix64& random) {
  for (;;) {
    Polygon points;
    for (size_t i = 0; i < corners + 3; ++i) points.push_back({random.between(0, largest), random.between(0, largest)});
    std::sort(points.begin(), points.end(), [](Point a, Point b) { return std::pair(a.x, a.y) < std::pair(b.x, b.y); });
    Polygon hull; // Andrew's monotone chain
    for (int side = 0; side < 2; ++side) {
      const size_t begin = hull.size();
      for (Point point : points) {
        while (hull.size() >= begin + 2 && cross(hull[hull.size() - 2], hull.back(), point) <= 0) hull.pop_back();
        hull.push_back(point);
      }
      hull.pop_back();
      std::reverse(points.begin(), points.end());
    }
    if (hull.size() == corners && inner_points(hull) >= 5) return hull;
  }
}

Polygon draw_triangle(SplitMix64& random) {
  for (;;) {
    Polygon corners;
    for (int i = 0; i < 3; ++i) corners.push_back({random.between(0, 30), random.between(0, 30)});
    if (twice_area(corners) >= 30 && inner_points(corners) >= 3) return corners;
  }
}

std::string printed(const Polygon& polygon) {
  std::vector<std::string> points;
  for (Point point : polygon) points.push_back(fmt::format("({}, {})", point.x, point.y));
  return listed(points);
}

struct Skeleton {
  std::string_view name;
  std::array<std::string_view, 4> texts; // of the levels
};

constexpr std::array<Skeleton, 3> kSkeletons = {{
    {"plane",
     {"A rectangle with sides parallel to the axes has opposite corners {}. How many points with integer coordinates lie in it or on "
      "its border?",
      "What is twice the area of the triangle with corners {}?",
      "How many points with integer coordinates lie strictly inside the triangle with corners {}?",
      "How many points with integer coordinates lie strictly inside the polygon with corners {}, in this order?"}},
    {"trees",
     {"Trees grow at every point with integer coordinates. An upright rectangular fence runs from one corner to the opposite one, "
      "which are {}. How many trees are inside the fence or on it?",
      "A triangular field has its corners at {}. Give twice its area.",
      "Trees grow at every point with integer coordinates. A triangular fence has its posts at {}. How many trees are strictly inside?",
      "Trees grow at every point with integer coordinates. A fence runs straight from post to post and back to the first: {}. How "
      "many trees are strictly inside?"}},
    {"pegs",
     {"A board has a peg at every integer point. An upright rectangular frame has opposite corners {}. Count the pegs inside the "
      "frame or under it.",
      "On a board a rubber band is stretched around the pegs {}. Compute twice the area it encloses.",
      "A board has a peg at every integer point. A rubber band is stretched around the pegs {}. How many pegs lie strictly inside?",
      "A board has a peg at every integer point. A rubber band is stretched around the pegs {}, one after another. How many pegs "
      "lie strictly inside?"}},
}};

GeneratedQuestion generate_polygon(int level, Draw& draw) {
  static constexpr std::array<int, 4> kEffort = {3, 6, 10, 20};
  const Skeleton& skeleton = pick(draw.structure, kSkeletons);
  const size_t corners = 5 + draw.structure.below(2);
  SplitMix64& random = draw.numbers;
  Polygon polygon;
  std::string working;
  int64_t answer = 0;
  if (level == 1) {
    const Point low{random.between(0, 40), random.between(0, 40)}, size{random.between(3, 29), random.between(3, 29)};
    polygon = {low, {low.x + size.x, low.y + size.y}};
    answer = (size.x + 1) * (size.y + 1);
    working = fmt::format("{}\n{}\n{}\n{}\n{}\n", written_step(polygon[1].x, '-', low.x), written_step(size.x, '+', 1),
                          written_step(polygon[1].y, '-', low.y), written_step(size.y, '+', 1),
                          written_product(size.x + 1, size.y + 1));
  } else {
    polygon = level == 4 ? draw_convex(corners, 30, random) : draw_triangle(random);
    answer = level == 2 ? twice_area(polygon) : inner_points(polygon);
  }
  return {fill(skeleton.texts.at(static_cast<size_t>(level - 1)), printed(polygon)) + std::string(kRange), std::to_string(answer),
          std::string(skeleton.name), kEffort.at(static_cast<size_t>(level - 1)), working};
}

// --- the second method

struct Counts {
  int64_t inside = 0, border = 0;
};

// Of a convex polygon, by the sides on which a point lies.
Counts count_points(const Polygon& polygon) {
  Counts counts;
  for (int64_t x = 0; x <= 80; ++x)
    for (int64_t y = 0; y <= 80; ++y) {
      bool left = false, right = false, on = false;
      for (size_t i = 0; i < polygon.size(); ++i) {
        const int64_t side = cross(polygon[i], polygon[(i + 1) % polygon.size()], {x, y});
        left = left || side > 0;
        right = right || side < 0;
        on = on || side == 0;
      }
      if (left && right) continue;
      ++(on ? counts.border : counts.inside);
    }
  return counts;
}

std::optional<std::string> solve_polygon_text(std::string_view text) {
  auto numbers = integers_in(text);
  Polygon polygon;
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) polygon.push_back({numbers[i], numbers[i + 1]});
  if (polygon.size() == 2) {
    const Point a = polygon[0], b = polygon[1];
    polygon = {a, {b.x, a.y}, b, {a.x, b.y}};
  }
  if (polygon.size() < 3) return std::nullopt;
  const Counts counts = count_points(polygon);
  if (mentions(text, "rectang")) return std::to_string(counts.inside + counts.border);
  if (mentions(text, "twice")) return std::to_string(2 * counts.inside + counts.border - 2);
  return std::to_string(counts.inside);
}

} // namespace

const Family kPolygon = {
    .name = "polygon",
    .kind = "maths",
    .summary = "lattice points and areas of polygons",
    .levels = 4,
    .grader = "aime",
    .generate = generate_polygon,
    .solve_text = solve_polygon_text,
    .distractors = {"The drawing is on page {}.", "It was drawn with a pencil that is {} millimetres long."},
};

} // namespace proctor
