#include "cmd/balancer/log.hpp"

#include <memory>
#include <string_view>

#include <event2/event.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace balancer {
namespace {

// The message as a JSON string; what is no UTF-8 in it is replaced.
class JsonPayload final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    writer.String(message.payload.data(), static_cast<unsigned>(message.payload.size()));
    const std::string_view quoted(text.GetString(), text.GetSize());
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonPayload>();
  }
};

spdlog::level::level_enum LevelOf(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::debug:
      return spdlog::level::debug;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::warning:
      return spdlog::level::warn;
    case config::LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void LogLibevent(int severity, const char* message) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::debug,
                                                   spdlog::level::warn, spdlog::level::err};
  spdlog::log(kLevels[severity & 3], "libevent: {}", message);
}

}  // namespace

void SetUpLog(const config::LogSettings& settings) {
  auto logger = std::make_shared<spdlog::logger>("balancer",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonPayload>('*');
  formatter->set_pattern(settings.format == config::LogFormat::json
                             ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})"
                             : "%Y-%m-%dT%H:%M:%S.%eZ %l %v");
  logger->set_formatter(std::move(formatter));
  logger->set_level(LevelOf(settings.level));
  spdlog::set_default_logger(std::move(logger));
  event_set_log_callback(&LogLibevent);
}

}  // namespace balancer
