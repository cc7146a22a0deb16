namespace ZoneTierFS.Benchmarks.Models;

/// <summary>One tensor of a model file.</summary>
/// <param name="Name">As the llama architecture calls it.</param>
/// <param name="Columns">Inputs; the dimension that is contiguous in the file.</param>
/// <param name="Rows">Outputs; 1 for a vector.</param>
/// <param name="Deviation">Standard deviation of its random values; 0 for a vector of ones.</param>
/// <param name="ZeroRows">Rows at the start that are zero, so that the tokens they belong to are never chosen.</param>
internal sealed record ModelTensor(string Name, int Columns, int Rows, double Deviation, int ZeroRows = 0)
{
    /// <summary>Vectors (norms) are single precision, matrices half precision: what llama.cpp's own converter writes.</summary>
    public bool IsVector => Rows == 1;

    public long Bytes => (long)Columns * Rows * (IsVector ? sizeof(float) : sizeof(ushort));
}
