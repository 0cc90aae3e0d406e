#pragma once

#include <cstdint>
#include <initializer_list>

#include "internal/http/field.hpp"

namespace balancer::http {

// A set of field ids in one word. Internal to this folder.
class FieldIdSet {
 public:
  constexpr FieldIdSet() = default;
  constexpr FieldIdSet(std::initializer_list<FieldId> ids) {
    for (const FieldId id : ids) Add(id);
  }

  constexpr void Add(FieldId id) { bits_ |= Bit(id); }
  constexpr bool Has(FieldId id) const { return (bits_ & Bit(id)) != 0; }

 private:
  static_assert(static_cast<int>(FieldId::x_request_id) < 32);
  static constexpr std::uint32_t Bit(FieldId id) {
    return std::uint32_t{1} << static_cast<std::uint8_t>(id);
  }

  std::uint32_t bits_ = 0;
};

}  // namespace balancer::http
