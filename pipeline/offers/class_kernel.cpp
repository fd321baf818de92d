// The vectorised kernels: class programs run for 64 borrowers at once with byte compares and blends, in AVX2 or in
// AVX-512. Only this file knows the instruction sets; they are chosen at run time and add the same leaves in the same
// order as any other path.
#include <algorithm>
#include <limits>
#include <vector>

#include "foundation/lanes.hpp"
#include "offers/class_program.hpp"
#include "offers/offer_grid.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace proffer::offers {
namespace {

constexpr std::size_t lanes = 64;  // borrowers of a block

/// 64 bytes per borrower plane, slot or constant, aligned to a cache line.
struct alignas(lanes) Bytes {
  std::array<std::uint8_t, lanes> of_row;
};
struct alignas(lanes) Floats {
  std::array<float, lanes> of_row;
};

struct Scratch {
  std::vector<Bytes> planes;      // 2 per borrower feature
  std::vector<Bytes> references;  // the leaf numbers as constants, then the slots
  std::vector<Floats> sums;       // margins by distinct offer
};

struct Avx2 {
  [[gnu::target("avx2")]] static __m256i load(const Bytes& bytes, std::size_t half) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.of_row.data() + 32 * half));
  }

  [[gnu::target("avx2")]] static void run(const TreeProgram& program, Scratch& scratch) {
    Bytes* references = scratch.references.data();
    for (const Test& test : program.tests) {
      const __m256i threshold = _mm256_set1_epi8(static_cast<char>(test.threshold));
      const Bytes& input = scratch.planes[test.input];
      const __m256i input0 = load(input, 0);
      const __m256i input1 = load(input, 1);
      const __m256i below0 = _mm256_cmpeq_epi8(_mm256_min_epu8(input0, threshold), input0);
      const __m256i below1 = _mm256_cmpeq_epi8(_mm256_min_epu8(input1, threshold), input1);
      for (std::uint32_t index = test.first; index < test.end; ++index) {
        const Selection& selection = program.selections[index];
        const Bytes& left = references[selection.left];
        const Bytes& right = references[selection.right];
        const __m256i chosen0 = _mm256_blendv_epi8(load(right, 0), load(left, 0), below0);
        const __m256i chosen1 = _mm256_blendv_epi8(load(right, 1), load(left, 1), below1);
        auto* slot = reinterpret_cast<__m256i*>(references[selection.slot].of_row.data());
        _mm256_store_si256(slot, chosen0);
        _mm256_store_si256(slot + 1, chosen1);
      }
    }
  }

  /// Adds the leaf of each borrower to the sums of a class's offers, eight borrowers at a time, four times over.
  [[gnu::target("avx2")]] static void add_leaves(const TreeProgram& program, const OfferClass& one, Scratch& scratch) {
    const std::uint8_t* numbers = scratch.references[one.reference].of_row.data();
    const float* leaves = program.leaves.data();
    for (std::size_t first = 0; first < lanes; first += 32) {
      __m256 leaf[4];
      for (std::size_t part = 0; part < 4; ++part) {
        const auto* eight = reinterpret_cast<const __m128i*>(numbers + first + 8 * part);
        leaf[part] = _mm256_i32gather_ps(leaves, _mm256_cvtepu8_epi32(_mm_loadl_epi64(eight)), 4);
      }
      for (std::uint32_t place = one.first; place < one.end; ++place) {
        float* sums = scratch.sums[program.columns[place]].of_row.data() + first;
        for (std::size_t part = 0; part < 4; ++part)
          _mm256_store_ps(sums + 8 * part, _mm256_add_ps(_mm256_load_ps(sums + 8 * part), leaf[part]));
      }
    }
  }
};

#define PROFFER_AVX512 [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]]

struct Avx512 {
  PROFFER_AVX512 static void run(const TreeProgram& program, Scratch& scratch) {
    const Bytes* planes = scratch.planes.data();
    Bytes* references = scratch.references.data();
    for (const Test& test : program.tests) {
      const __mmask64 below = _mm512_cmple_epu8_mask(_mm512_load_si512(planes + test.input),
                                                     _mm512_set1_epi8(static_cast<char>(test.threshold)));
      for (std::uint32_t index = test.first; index < test.end; ++index) {
        const Selection& selection = program.selections[index];
        const __m512i right = _mm512_load_si512(references + selection.right);
        const __m512i left = _mm512_load_si512(references + selection.left);
        _mm512_store_si512(references + selection.slot, _mm512_mask_blend_epi8(below, right, left));
      }
    }
  }

  /// The leaves of sixteen numbers, from tables in registers where there are at most 64.
  PROFFER_AVX512 static __m512 leaves_of(const TreeProgram& program, const std::uint8_t* numbers) {
    // The masked forms, all lanes on: GCC 12 takes the plain ones for uninitialised.
    constexpr __mmask16 all = 0xffff;
    const __m512i number = _mm512_maskz_cvtepu8_epi32(all, _mm_load_si128(reinterpret_cast<const __m128i*>(numbers)));
    const float* leaves = program.leaves.data();
    if (program.leaves.size() > 64) return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), all, number, leaves, 4);
    const __m512 low = _mm512_permutex2var_ps(_mm512_loadu_ps(leaves), number, _mm512_loadu_ps(leaves + 16));
    if (program.leaves.size() == 32) return low;
    const __m512 high = _mm512_permutex2var_ps(_mm512_loadu_ps(leaves + 32), number, _mm512_loadu_ps(leaves + 48));
    return _mm512_mask_blend_ps(_mm512_test_epi32_mask(number, _mm512_set1_epi32(32)), low, high);
  }

  PROFFER_AVX512 static void add_leaves(const TreeProgram& program, const OfferClass& one, Scratch& scratch) {
    const std::uint8_t* numbers = scratch.references[one.reference].of_row.data();
    __m512 leaf[4];
    for (std::size_t part = 0; part < 4; ++part) leaf[part] = leaves_of(program, numbers + 16 * part);
    for (std::uint32_t place = one.first; place < one.end; ++place) {
      float* sums = scratch.sums[program.columns[place]].of_row.data();
      for (std::size_t part = 0; part < 4; ++part)
        _mm512_store_ps(sums + 16 * part, _mm512_add_ps(_mm512_load_ps(sums + 16 * part), leaf[part]));
    }
  }
};

#undef PROFFER_AVX512

template <class Set>
class ClassPrograms final : public GridKernel {
 public:
  ClassPrograms(const GridProblem& problem, std::vector<TreeProgram> programs)
      : base_(problem.forest.base_margin),
        features_(problem.borrower_features),
        offers_(problem.offers),
        programs_(std::move(programs)) {
    for (auto& program : programs_) {
      slots_ = std::max(slots_, program.slots);
      program.leaves.resize(program.leaves.size() <= 32 ? 32 : std::max<std::size_t>(64, program.leaves.size()));
    }
  }

  [[nodiscard]] std::size_t block_rows() const override { return 16 * lanes; }

  void block(std::span<const std::uint8_t> codes, std::size_t rows, std::span<float> out) const override {
    Scratch scratch;
    scratch.planes.resize(2 * features_);
    scratch.references.resize(leaf_references + slots_);
    scratch.sums.resize(offers_);
    for (std::size_t leaf = 0; leaf < leaf_references; ++leaf)
      scratch.references[leaf].of_row.fill(static_cast<std::uint8_t>(leaf));
    for (std::size_t first = 0; first < rows; first += lanes) {
      const std::size_t count = std::min(lanes, rows - first);
      spread(codes.data() + first * features_, count, scratch);
      for (Floats& sums : scratch.sums) sums.of_row.fill(base_);
      for (const auto& program : programs_) {
        Set::run(program, scratch);
        for (const auto& one : program.classes) Set::add_leaves(program, one, scratch);
      }
      gather(scratch, count, out.data() + first * offers_);
    }
  }

 private:
  /// Rows of codes become planes of one feature each; rows that are not there get code 0.
  void spread(const std::uint8_t* codes, std::size_t rows, Scratch& scratch) const {
    for (std::size_t feature = 0; feature < features_; ++feature) {
      auto& plane = scratch.planes[2 * feature].of_row;
      for (std::size_t row = 0; row < rows; ++row) plane[row] = codes[row * features_ + feature];
      std::fill(plane.begin() + static_cast<std::ptrdiff_t>(rows), plane.end(), std::uint8_t{0});
      auto& next = scratch.planes[2 * feature + 1].of_row;
      for (std::size_t row = 0; row < lanes; ++row) next[row] = static_cast<std::uint8_t>(plane[row] + 1U);
    }
  }

  void gather(const Scratch& scratch, std::size_t rows, float* out) const {
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t offer = 0; offer < offers_; ++offer)
        out[row * offers_ + offer] = scratch.sums[offer].of_row[row];
  }

  float base_;
  std::size_t features_;
  std::size_t offers_;
  std::size_t slots_ = 0;
  std::vector<TreeProgram> programs_;
};

}  // namespace

bool grid_runs_here(GridPath path) {
  if (path == GridPath::vectorised) return avx2_runs_here();
  if (path == GridPath::wide)
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  return true;
}

std::unique_ptr<GridKernel> make_class_programs(const GridProblem& problem, GridPath path) {
  if (2 * problem.borrower_features > std::numeric_limits<std::uint16_t>::max()) return nullptr;
  std::vector<TreeProgram> programs;
  for (const auto& tree : problem.forest.trees) {
    auto program = compile(problem, tree);
    if (!program) return nullptr;
    programs.push_back(std::move(*program));
  }
  if (path == GridPath::wide) return std::make_unique<ClassPrograms<Avx512>>(problem, std::move(programs));
  return std::make_unique<ClassPrograms<Avx2>>(problem, std::move(programs));
}

}  // namespace proffer::offers

#else

namespace proffer::offers {
bool grid_runs_here(GridPath path) {
  return path != GridPath::vectorised && path != GridPath::wide;
}
std::unique_ptr<GridKernel> make_class_programs(const GridProblem&, GridPath) {
  return nullptr;
}
}  // namespace proffer::offers

#endif
