// SPDX-License-Identifier: BSD-3-Clause
// Gives a target each file, and then seeded mutations of them: a fixed number (-runs), or for a
// time
// (-max_total_time in seconds). Arguments and entry point have libFuzzer's names.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz_target.h"

namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

/// Takes a piece of `other` in, takes one out, doubles one, or changes bytes.
std::string mutate(std::string text, const std::string& other, Random& random) {
  for (std::size_t n = 1 + below(random, 4); n > 0; --n) {
    const std::size_t at = below(random, text.size() + 1);
    const std::size_t length = below(random, std::min<std::size_t>(text.size() - at, 64) + 1);
    switch (below(random, 5)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, text.substr(at, length));
        break;
      case 2: {
        const std::size_t from = below(random, other.size() + 1);
        text.insert(at, other.substr(from, below(random, 64)));
        break;
      }
      case 3:
        text.insert(at, 1, static_cast<char>(below(random, 256)));
        break;
      default:
        if (at < text.size()) {
          text[at] = static_cast<char>(below(random, 256));
        }
    }
  }
  return text;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void give(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

/// The number in "-runs=100", or `fallback` when the argument is another one.
std::uint64_t number(const char* argument, const char* name, std::uint64_t fallback) {
  const std::size_t length = std::strlen(name);
  return std::strncmp(argument, name, length) == 0 ? std::stoull(argument + length) : fallback;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 0;
  std::uint64_t seconds = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> corpus;
  for (int i = 1; i < argc; ++i) {
    runs = number(argv[i], "-runs=", runs);
    seconds = number(argv[i], "-max_total_time=", seconds);
    seed = number(argv[i], "-seed=", seed);
    if (argv[i][0] == '-') {
      continue;
    }
    if (std::filesystem::is_directory(argv[i])) {
      for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
        corpus.push_back(read(entry.path()));
      }
    } else {
      corpus.push_back(read(argv[i]));
    }
  }
  if (corpus.empty()) {
    std::cerr << "no input: name files or folders\n";
    return 1;
  }
  std::sort(corpus.begin(), corpus.end());  // the same runs whatever the folder's order
  for (const std::string& input : corpus) {
    give(input);
  }
  Random random(seed);
  std::string input;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::uint64_t run = 0;
  for (; run < runs || (seconds > 0 && std::chrono::steady_clock::now() < end); ++run) {
    // Some mutations go on from the one before.
    if (run % 4 == 0) {
      input = corpus[below(random, corpus.size())];
    }
    input = mutate(std::move(input), corpus[below(random, corpus.size())], random);
    give(input);
  }
  std::cout << corpus.size() << " inputs replayed, " << run << " mutations, seed " << seed << "\n";
  return 0;
}
