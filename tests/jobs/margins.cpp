// margins MODEL BOOK OUT: proffer's margins of every row of a book with offers, as raw little-endian f32.
#include <cstdio>
#include <fstream>

#include "borrowers/book.hpp"
#include "models/inputs.hpp"
#include "models/model.hpp"
#include "parallel/communicator.hpp"

int main(int argc, char** argv) {
  using namespace proffer;
  parallel::Session session(argc, argv);
  if (argc != 4) {
    std::fprintf(stderr, "usage: margins MODEL BOOK OUT\n");
    return 2;
  }
  const models::Model model = models::read_model_file(argv[1]);
  const borrowers::BookReader book(argv[2]);
  models::Inputs inputs;
  for (const std::string& name : model.features) inputs.columns.push_back(book.schema().index_of(name, "margins"));
  inputs.terms = model.offer_terms;
  inputs.names.resize(model.inputs());
  const borrowers::Batch batch = book.read(0, book.rows(), {.offers = true});
  std::vector<float> values(batch.rows() * inputs.size());
  for (std::size_t i = 0; i < batch.rows(); ++i)
    inputs.fill(batch, i, std::span(values).subspan(i * inputs.size(), inputs.size()));
  std::vector<std::uint8_t> codes(values.size());
  features::encode(model.bins, values, codes);
  std::vector<float> out(batch.rows());
  boosting::margins(model.forest, codes, out);
  std::ofstream(argv[3], std::ios::binary)
      .write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size() * sizeof(float)));
  return 0;
}
