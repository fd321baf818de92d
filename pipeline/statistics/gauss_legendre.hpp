// Gauss-Legendre quadrature with 6, 12 or 20 nodes: Abramowitz & Stegun (1964), table 25.4.
#pragma once

#include <array>
#include <span>

namespace proffer::statistics {

struct GaussNode {
  double weight;
  double place;  ///< in (0, 1); the rule on (−1, 1) has the mirrored node too
};

inline constexpr std::array<GaussNode, 3> gauss_6{{{0.1713244923791705, 0.9324695142031522},
                                                   {0.3607615730481384, 0.6612093864662647},
                                                   {0.4679139345726904, 0.2386191860831970}}};
inline constexpr std::array<GaussNode, 6> gauss_12{{{0.04717533638651177, 0.9815606342467191},
                                                    {0.1069393259953183, 0.9041172563704750},
                                                    {0.1600783285433464, 0.7699026741943050},
                                                    {0.2031674267230659, 0.5873179542866171},
                                                    {0.2334925365383547, 0.3678314989981802},
                                                    {0.2491470458134029, 0.1252334085114692}}};
inline constexpr std::array<GaussNode, 10> gauss_20{{{0.01761400713915212, 0.9931285991850949},
                                                     {0.04060142980038694, 0.9639719272779138},
                                                     {0.06267204833410906, 0.9122344282513259},
                                                     {0.08327674157670475, 0.8391169718222188},
                                                     {0.1019301198172404, 0.7463319064601508},
                                                     {0.1181945319615184, 0.6360536807265150},
                                                     {0.1316886384491766, 0.5108670019508271},
                                                     {0.1420961093183821, 0.3737060887154196},
                                                     {0.1491729864726037, 0.2277858511416451},
                                                     {0.1527533871307259, 0.07652652113349733}}};

/// ∫ integrand from low to high with one rule.
template <class Integrand>
[[nodiscard]] double integrate(std::span<const GaussNode> rule, double low, double high, const Integrand& integrand) {
  const double half = (high - low) / 2;
  double sum = 0;
  for (const GaussNode& node : rule)
    sum += node.weight * (integrand(low + half * (1 - node.place)) + integrand(low + half * (1 + node.place)));
  return half * sum;
}

}  // namespace proffer::statistics
