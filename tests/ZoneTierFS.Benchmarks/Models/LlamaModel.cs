namespace ZoneTierFS.Benchmarks.Models;

/// <summary>A llama-architecture model with random weights: what tensors it has, in the order of the file, and how they lie there.</summary>
internal sealed class LlamaModel
{
    /// <summary>Tensors start on page boundaries, so that direct I/O and page mappings read nothing but the tensor.</summary>
    public const int Alignment = 4096;

    public LlamaModel(ModelShape shape, SyntheticVocabulary vocabulary)
    {
        if (shape.Embedding % shape.Heads != 0 || shape.Heads % shape.KeyValueHeads != 0 || shape.HeadSize % 2 != 0)
            throw new ArgumentException("the embedding must divide into heads of even size, and the heads by the key-value heads", nameof(shape));
        Shape = shape;
        Vocabulary = vocabulary;
        Tensors = [.. ListTensors(shape, vocabulary)];
    }

    public ModelShape Shape { get; }

    public SyntheticVocabulary Vocabulary { get; }

    public IReadOnlyList<ModelTensor> Tensors { get; }

    /// <summary>Bytes of all tensors with their padding.</summary>
    public long TensorBytes => Tensors.Sum(tensor => Padded(tensor.Bytes));

    /// <summary>The shape with as many layers as bring the file closest to the size, at least one.</summary>
    public static ModelShape FitLayers(ModelShape shape, SyntheticVocabulary vocabulary, long bytes)
    {
        long none = new LlamaModel(shape with { Layers = 0 }, vocabulary).TensorBytes;
        long one = new LlamaModel(shape with { Layers = 1 }, vocabulary).TensorBytes - none;
        return shape with { Layers = (int)Math.Max(1, Math.Round((bytes - none) / (double)one)) };
    }

    public static long Padded(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static IEnumerable<ModelTensor> ListTensors(ModelShape shape, SyntheticVocabulary vocabulary)
    {
        yield return new("token_embd.weight", shape.Embedding, vocabulary.Tokens.Count, Deviation: 1);
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            string prefix = $"blk.{layer}.";
            yield return Vector(prefix + "attn_norm.weight");
            yield return Matrix(prefix + "attn_q.weight", shape.Embedding, shape.Embedding);
            yield return Matrix(prefix + "attn_k.weight", shape.Embedding, shape.KeyValueWidth);
            yield return Matrix(prefix + "attn_v.weight", shape.Embedding, shape.KeyValueWidth);
            yield return Matrix(prefix + "attn_output.weight", shape.Embedding, shape.Embedding);
            yield return Vector(prefix + "ffn_norm.weight");
            yield return Matrix(prefix + "ffn_gate.weight", shape.Embedding, shape.FeedForward);
            yield return Matrix(prefix + "ffn_up.weight", shape.Embedding, shape.FeedForward);
            yield return Matrix(prefix + "ffn_down.weight", shape.FeedForward, shape.Embedding);
        }
        yield return Vector("output_norm.weight");
        yield return Matrix("output.weight", shape.Embedding, vocabulary.Tokens.Count) with { ZeroRows = vocabulary.FirstText };

        ModelTensor Vector(string name) => new(name, shape.Embedding, Rows: 1, Deviation: 0);

        // This deviation keeps the size of activations the same from layer to layer.
        static ModelTensor Matrix(string name, int columns, int rows) => new(name, columns, rows, 1 / Math.Sqrt(columns));
    }
}
