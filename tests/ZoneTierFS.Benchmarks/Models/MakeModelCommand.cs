using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;

namespace ZoneTierFS.Benchmarks.Models;

/// <summary>`make-model`: writes a GGUF model of random weights.</summary>
internal static class MakeModelCommand
{
    private const long SizeMax = 1L << 40;

    public static Command Create()
    {
        Option<string> output = new("--out") { Description = "The file to write.", Required = true };
        Option<string> preset = new("--preset") { Description = "The model's shape.", DefaultValueFactory = _ => "tiny" };
        preset.AcceptOnlyFromAmong([.. ModelShape.Presets.Keys]);
        Option<long?> size = new("--size") { Description = "Sets the number of layers by the file's size: 300M, 2G ...", CustomParser = ParseSize };
        Option<ulong> seed = new("--seed") { Description = "Models of one shape and seed are identical.", DefaultValueFactory = _ => 1UL };
        Command command = new("make-model", "Write a GGUF model of random weights that llama.cpp loads.") { output, preset, size, seed };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(output), ModelShape.Presets[parsed.GetRequiredValue(preset)], parsed.GetValue(size),
            parsed.GetRequiredValue(seed)));
        return command;
    }

    private static void Run(string path, ModelShape shape, long? size, ulong seed)
    {
        SyntheticVocabulary vocabulary = new();
        if (size is { } bytes)
            shape = LlamaModel.FitLayers(shape, vocabulary, bytes);
        Stopwatch watch = Stopwatch.StartNew();
        long written = GgufModelFile.Write(path, new LlamaModel(shape, vocabulary), seed);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{path}: {written} bytes, {shape.Layers} layers, {written / 1e6 / watch.Elapsed.TotalSeconds:F0} MB/s"));
    }

    internal static long? ParseSize(ArgumentResult argument)
    {
        string text = argument.Tokens[0].Value;
        long unit = char.ToUpperInvariant(text[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 1 };
        if (long.TryParse(unit == 1 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && number > 0 && number <= SizeMax / unit)
            return number * unit;
        argument.AddError($"'{text}' is not a size; write bytes, or a number with K, M or G, for example 300M");
        return null;
    }
}
