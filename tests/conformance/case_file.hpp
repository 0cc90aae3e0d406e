#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/conformance/pattern.hpp"

namespace balancer::conformance {

// Something that happens in a case, or must happen. Steps are taken in the file's order, each when
// the one before it has come true.
struct Step {
  enum class Kind {
    client_sends,
    backend_sees,
    backend_sends,
    client_sees,
    client_half_closes,
    client_leaves,
    client_resets,
    backend_closes,
    backend_resets,
    backend_ended,   // the balancer has said its last; the backend may go on
    backend_closed,  // by the balancer, with nothing more said
    backend_cut,     // if it was reached at all, it was left before its request was whole
    kept,            // the client's connection serves another request
    closed,          // by the balancer, with nothing more said
    reset,
    cut,  // closed or reset, whichever
  };
  Kind kind;
  int line;
  Pattern pattern;  // for the first four
};

struct Case {
  std::string name;
  std::string file;
  int line = 0;
  // Why evhttp does otherwise; empty: it does not.
  std::string evhttp;
  // Why it is not played byte by byte as well; empty: it is.
  std::string only_whole;
  std::vector<Step> steps;
};

// A file of cases over one configuration.
//
//   # a comment                       anywhere
//   config: KEY = VALUE               before the first case: Set(KEY, VALUE) of BalancerConfig;
//                                     backend.path = /base/ is put behind the backend's address
//   case: a sentence                  unique in the file
//   evhttp: why it does otherwise     then what it does stands in the steps after "instead:", or
//                                     the case is left out over evhttp where there are none
//   only whole: why                   the bytes of a step must arrive together
//   C> text     the client sends this line               (notation.hpp)
//   >B text     the backend must see it
//   <B text     the backend sends it
//   C< text     the client must see it
//   C: half-closes | leaves | resets  the client stops sending, closes, or closes by a reset
//   B: closes | resets                the backend does
//   B: ended | closed | cut           what the balancer has done to the backend's connection (Step)
//   C: kept | closed | reset | cut    how the client's connection ends
//
// Every byte counts: what a side sees beyond its lines fails the case. A case without >B must not
// reach the backend. Every case ends with what becomes of the client's connection.
struct CaseFile {
  std::string name;  // without folder and extension
  std::vector<std::pair<std::string, std::string>> config;
  std::vector<Case> cases;
};

// `over_evhttp` chooses the steps of cases in which evhttp differs. Throws std::runtime_error
// "NAME.txt:LINE: what is wrong".
CaseFile ReadCaseFile(const std::string& name, std::string_view text, bool over_evhttp);

}  // namespace balancer::conformance
