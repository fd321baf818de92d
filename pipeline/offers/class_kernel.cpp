// The vectorised kernel: runs class programs for 64 borrowers at once with AVX2 byte compares and blends. Only this
// file knows the instruction set; it is chosen at run time and adds the same leaves in the same order as any other
// path.
#include <algorithm>
#include <limits>
#include <vector>

#include "offers/class_program.hpp"
#include "offers/offer_grid.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace proffer::offers {
namespace {

constexpr std::size_t lanes = 64;  // borrowers of a block: two registers of 32 bytes

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

[[gnu::target("avx2")]] __m256i load(const Bytes& bytes, std::size_t half) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(bytes.of_row.data() + 32 * half));
}

[[gnu::target("avx2")]] void run(const std::vector<Selection>& selections, Scratch& scratch) {
  for (const Selection& selection : selections) {
    const __m256i threshold = _mm256_set1_epi8(static_cast<char>(selection.threshold));
    const Bytes& input = scratch.planes[selection.input];
    const Bytes& left = scratch.references[selection.left];
    const Bytes& right = scratch.references[selection.right];
    const __m256i input0 = load(input, 0);
    const __m256i input1 = load(input, 1);
    const __m256i below0 = _mm256_cmpeq_epi8(_mm256_min_epu8(input0, threshold), input0);
    const __m256i below1 = _mm256_cmpeq_epi8(_mm256_min_epu8(input1, threshold), input1);
    const __m256i chosen0 = _mm256_blendv_epi8(load(right, 0), load(left, 0), below0);
    const __m256i chosen1 = _mm256_blendv_epi8(load(right, 1), load(left, 1), below1);
    auto* slot = reinterpret_cast<__m256i*>(scratch.references[selection.slot].of_row.data());
    _mm256_store_si256(slot, chosen0);
    _mm256_store_si256(slot + 1, chosen1);
  }
}

/// Adds the leaf of each borrower to the sums of a class's offers, eight borrowers at a time, four times over.
[[gnu::target("avx2")]] void add_leaves(const TreeProgram& program, const OfferClass& one, Scratch& scratch) {
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

class ClassPrograms final : public GridKernel {
 public:
  ClassPrograms(const GridProblem& problem, std::vector<TreeProgram> programs)
      : base_(problem.forest.base_margin),
        features_(problem.borrower_features),
        offers_(problem.offers),
        programs_(std::move(programs)) {
    for (const auto& program : programs_) slots_ = std::max(slots_, program.slots);
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
        run(program.selections, scratch);
        for (const auto& one : program.classes) add_leaves(program, one, scratch);
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

bool vectorised_grid_runs_here() {
  return __builtin_cpu_supports("avx2") != 0;
}

std::unique_ptr<GridKernel> make_class_programs(const GridProblem& problem) {
  if (2 * problem.borrower_features > std::numeric_limits<std::uint16_t>::max()) return nullptr;
  std::vector<TreeProgram> programs;
  for (const auto& tree : problem.forest.trees) {
    auto program = compile(problem, tree);
    if (!program) return nullptr;
    programs.push_back(std::move(*program));
  }
  return std::make_unique<ClassPrograms>(problem, std::move(programs));
}

}  // namespace proffer::offers

#else

namespace proffer::offers {
bool vectorised_grid_runs_here() {
  return false;
}
std::unique_ptr<GridKernel> make_class_programs(const GridProblem&) {
  return nullptr;
}
}  // namespace proffer::offers

#endif
