using System.Text.Json.Serialization;

namespace ZoneTierFS.Cli.Json;

/// <summary>Everything that `ztfs` writes or reads as JSON, serialised by generated code.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MountStatus))]
[JsonSerializable(typeof(FileReport))]
[JsonSerializable(typeof(IReadOnlyList<ExtentReport>))]
internal sealed partial class CliJson : JsonSerializerContext;
