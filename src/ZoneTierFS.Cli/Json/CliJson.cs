using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ZoneTierFS.Engine;

namespace ZoneTierFS.Cli.Json;

/// <summary>Everything that `ztfs` writes or reads as JSON, serialised by generated code.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(MountStatus))]
[JsonSerializable(typeof(ScrubStatus))]
[JsonSerializable(typeof(FileReport))]
[JsonSerializable(typeof(IReadOnlyList<FileReport>))]
[JsonSerializable(typeof(IReadOnlyList<ExtentReport>))]
[JsonSerializable(typeof(ErrorReport))]
[JsonSerializable(typeof(ConfigurationReport))]
[JsonSerializable(typeof(FormatReport))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(RepairReport))]
[JsonSerializable(typeof(Inspection))]
[JsonSerializable(typeof(MountReport))]
[JsonSerializable(typeof(IReadOnlyList<InspectReport>))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Quotes and letters beyond ASCII stay readable; nothing here ends up in a web page.</summary>
    public static CliJson Readable => field ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
