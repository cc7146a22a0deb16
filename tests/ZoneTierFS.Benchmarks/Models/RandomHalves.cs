using System.Runtime.InteropServices;

namespace ZoneTierFS.Benchmarks.Models;

/// <summary>
/// Half-precision values, approximately normal, that depend on the seed, the tensor's name and the position alone. A random byte picks one of 256
/// quantiles, which gives sign, exponent and leading mantissa bits; a second one fills the rest of the mantissa. Four values cost one random number.
/// </summary>
internal sealed class RandomHalves
{
    private readonly ulong _seed;
    private readonly ulong[] _highBytes = new ulong[256];

    public RandomHalves(ulong seed, string tensorName, double deviation)
    {
        // FNV-1a: tensors of one model must differ, nothing more is asked of the hash.
        ulong hash = 0xCBF29CE484222325;
        foreach (char c in tensorName)
            hash = (hash ^ c) * 0x100000001B3;
        _seed = Mix(seed ^ hash);
        for (int i = 0; i < _highBytes.Length; i++)
            _highBytes[i] = BitConverter.HalfToUInt16Bits((Half)(Quantile((i + 0.5) / _highBytes.Length) * deviation)) & 0xFF00UL;
    }

    /// <summary>Fills with the values that begin at an index of the tensor, a multiple of 4; the length must be one, too.</summary>
    public void Fill(long firstIndex, Span<ushort> values)
    {
        if (firstIndex % 4 != 0 || values.Length % 4 != 0)
            throw new ArgumentException("whole groups of 4 values only");
        ulong[] high = _highBytes;
        ulong counter = _seed + (ulong)firstIndex / 4 * Step;
        foreach (ref ulong four in MemoryMarshal.Cast<ushort, ulong>(values))
        {
            ulong random = Mix(counter += Step);
            ulong picked = high[(byte)random] | high[(byte)(random >> 16)] << 16 | high[(byte)(random >> 32)] << 32 | high[(byte)(random >> 48)] << 48;
            four = picked | random >> 8 & 0x00FF_00FF_00FF_00FF;
        }
    }

    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>The finaliser of SplitMix64.</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }

    /// <summary>The normal distribution's quantile function, by bisection: 256 calls a tensor, so speed does not matter.</summary>
    private static double Quantile(double probability)
    {
        double low = -8, high = 8;
        for (int i = 0; i < 50; i++)
        {
            double middle = (low + high) / 2;
            if (Cumulative(middle) < probability)
                low = middle;
            else
                high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>Abramowitz and Stegun 7.1.26: the error function to seven digits.</summary>
    private static double Cumulative(double x)
    {
        double z = Math.Abs(x) / Math.Sqrt(2);
        double t = 1 / (1 + 0.3275911 * z);
        double tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.Exp(-z * z) / 2;
        return x < 0 ? tail : 1 - tail;
    }
}
