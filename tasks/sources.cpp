// SPDX-License-Identifier: MIT
#include "tasks/sources.h"

#include <algorithm>
#include <array>

namespace proctor {
namespace {

// Facts of the publishers' repositories: where a file is at which revision, what it hashes to, its licence ("none stated": the repository
// names none).
constexpr DataSource kSources[] = {
    {"aime24", "aime24_qwq.jsonl", "github:QwenLM/QwQ@620a5eadc89f/eval/data/aime24.jsonl", "5a7a817807c8c2b6b541631deaa6d8c2eb7f0420e0f2373a25878921e920b6da", "Apache-2.0"},
    {"aime25", "aime25_qwq.jsonl", "github:QwenLM/QwQ@620a5eadc89f/eval/data/aime25.jsonl", "9da60057135388687f3c594476b211538d0be8e7f3b2de6e680513281412c0ec", "Apache-2.0"},
    {"aime_1983_2023", "aime_1983_2023_rllm.json", "github:agentica-project/rllm@874daa4acb7f/rllm/data/train/math/aime.json", "78f1b9bae6d00794b43e79a5842917f7ef4e355d9b705743c61f255f3c7c5d49", "MIT"},
    {"amc23", "amc23.jsonl", "github:QwenLM/Qwen2.5-Math@a45202bd16f1/evaluation/data/amc23/test.jsonl", "43707e1ca784602d8479de24ee8ce36609dbebc46dd152b0b12a46611aa898a4", "none stated"},
    {"amc_2022_2023", "amc_2022_2023_rllm.json", "github:agentica-project/rllm@874daa4acb7f/rllm/data/test/math/amc.json", "2666a217cb566efb77ebfce61841d5d8855d4b4be89633b29df3a43dcfd942dd", "MIT"},
    {"gsm8k", "gsm8k_test.jsonl", "github:openai/grade-school-math@3101c7d50724/grade_school_math/data/test.jsonl", "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14", "MIT"},
    {"gsm8k", "gsm8k_train.jsonl", "github:openai/grade-school-math@3101c7d50724/grade_school_math/data/train.jsonl", "", "MIT"},
    {"math500", "math500.jsonl", "hf:HuggingFaceH4/MATH-500/test.jsonl", "", "MIT"},
    {"hendrycks_math", "math_test_5000.jsonl", "github:microsoft/ToRA@213c1c995038/src/data/math/test.jsonl", "3371949f33dd702d04b43fddd7d53a028de0aaca0e76abb1b875a050297b3aa4", "MIT"},
    {"minerva_math", "minerva_math.jsonl", "github:QwenLM/Qwen2.5-Math@a45202bd16f1/evaluation/data/minerva_math/test.jsonl", "0e656b430d3a0a1dab6aa853f453ba3805e28e2cabe4fc72486a897cc09d8ba2", "none stated"},
    {"olympiadbench", "olympiadbench_oe_to_maths_en.jsonl", "github:QwenLM/Qwen2.5-Math@a45202bd16f1/evaluation/data/olympiadbench/test.jsonl", "bb8c1e38a16ea9eacb77530315a674d883f267fbff79183effc53681b4fcc416", "none stated"},
    {"gaokao2023en", "gaokao2023en.jsonl", "github:QwenLM/Qwen2.5-Math@a45202bd16f1/evaluation/data/gaokao2023en/test.jsonl", "654d8f49bdb86f578c171dbc0dd8f4d9f1bf3d7a7438f60359fda7d643df4951", "none stated"},
    {"olymmath/easy", "olymmath_en_easy.jsonl", "github:RUCAIBox/Slow_Thinking_with_LLMs@834e1b79a6eb/OlymMATH/data/OlymMATH-EN-EASY.jsonl", "1d96903b3017abd80388005ca9ad68c8074540ad6f41ee7cd92ac79cbcf5bc0a", "none stated"},
    {"olymmath/hard", "olymmath_en_hard.jsonl", "github:RUCAIBox/Slow_Thinking_with_LLMs@834e1b79a6eb/OlymMATH/data/OlymMATH-EN-HARD.jsonl", "bc61595737aef5d8d9984743faf9d7a75603cc81f7cf571cd8c0fba5b70ac0b1", "none stated"},
    {"aqua", "aqua.jsonl", "github:QwenLM/Qwen2.5-Math@a45202bd16f1/evaluation/data/aqua/test.jsonl", "de41581881ef95c5588c44ddc701c77fd480839241dd422a0d181262af24520c", "none stated"},
    {"hmmt", "comp_math_24_25_nemo.jsonl", "github:NVIDIA/NeMo-Skills@0b012df8a09c/nemo_skills/dataset/comp-math-24-25/test.txt", "c83c51386c1bb15e26b665caf880e8158e57585bffb3579a824f93eec4c49190", "Apache-2.0"},
    {"comp_math_24_25", "comp_math_24_25_nemo.jsonl", "github:NVIDIA/NeMo-Skills@0b012df8a09c/nemo_skills/dataset/comp-math-24-25/test.txt", "c83c51386c1bb15e26b665caf880e8158e57585bffb3579a824f93eec4c49190", "Apache-2.0"},
    {"folio", "folio_v0_validation.jsonl", "github:Yale-LILY/FOLIO@5d7bb84c7eda/data/v0.0/folio-validation.jsonl", "6922c988ef10987bd6545568ee8e63e897af80994591fa20539767da58f8e3d1", "CC-BY-SA-4.0"},
    {"prontoqa", "prontoqa_dev.json", "github:teacherpeterpan/Logic-LLM@d29f1e5e7203/data/ProntoQA/dev.json", "2d2e9d0adbef05cd66b51d11516b8fb3d3fb2cbc1664867d1123a000f7b11a5f", "MIT"},
    {"proofwriter", "proofwriter_dev.json", "github:teacherpeterpan/Logic-LLM@d29f1e5e7203/data/ProofWriter/dev.json", "e792b54981065c91d4aecc908be17ce9a730f2327548e6fa36717ef01e472240", "MIT"},
    {"logical_deduction", "logicaldeduction_dev.json", "github:teacherpeterpan/Logic-LLM@d29f1e5e7203/data/LogicalDeduction/dev.json", "554992a3189224d0b631c1ac674d301defa5fef5f1837b93258db35aeb67d898", "MIT"},
    {"ar_lsat", "ar_lsat_test.json", "github:teacherpeterpan/Logic-LLM@d29f1e5e7203/data/AR-LSAT/test.json", "d16f94182b88a92df182a3fb75f17befbb57141dc8f2e3f416dcebd87122cea8", "MIT"},
    {"logiqa", "logiqa_test.txt", "github:lgw863/LogiQA-dataset@ff6c4cbca476/Test.txt", "359acb78c37802208f7fde9e2f6574b8526527c63d6a336f90a53f1932cb4701", "none stated"},
    {"logiqa2", "logiqa2_test.jsonl", "github:csitfun/LogiQA2.0@955e1d3df6c5/logiqa/DATA/LOGIQA/test.txt", "71940b37ae0184b677c253a148d57ad4e75d6113447b1563c2ca82483e4e4f8d", "none stated"},
    {"planbench", "task_1_plan_generation_zero_shot.json", "github:karthikv792/LLMs-Planning@b008bc432711/llm_planning_analysis/prompts/blocksworld/task_1_plan_generation_zero_shot.json", "", "MIT"},
    {"gpqa_diamond", "gpqa_diamond.csv", "hf:Idavidrein/gpqa/gpqa_diamond.csv", "", "CC-BY-4.0, behind a form: needs HF_TOKEN"},
    {"mmlu_pro", "mmlu_pro_test.jsonl", "hf-rows:TIGER-Lab/MMLU-Pro/default/test", "", "MIT"},
    {"mmlu_pro", "mmlu_pro_validation.jsonl", "hf-rows:TIGER-Lab/MMLU-Pro/default/validation", "", "MIT"},
    {"humaneval", "HumanEval.jsonl.gz", "github:openai/human-eval@6d43fb980f9f/data/HumanEval.jsonl.gz", "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2", "MIT"},
    {"mbpp", "mbpp.jsonl", "github:deepseek-ai/DeepSeek-Coder@2f9fd85927c6/Evaluation/MBPP/data/mbpp.jsonl", "ccf64ceae9c5403bf50a044cb6d505bfd2a2963ee58338ba268fd65beab92a9f", "MIT repo; MBPP CC-BY-4.0"},
    {"mbpp_plus", "MbppPlus-v0.1.0.jsonl", "github:QwenLM/Qwen2.5-Coder@d5ead97fea36/qwencoder-eval/base/eval_cache/evalplus/MbppPlus-v0.1.0.jsonl", "a855b9de667baea8e2f8aa61f898767a7336872208a85222b35622545e819fe9", "Apache-2.0"},
    {"livecodebench", "test6.jsonl", "hf:livecodebench/code_generation_lite/test6.jsonl", "", "CC"},
    {"code_contests", "code_contests_rllm_test.json", "github:agentica-project/rllm@874daa4acb7f/rllm/data/test/code/code_contests.json", "0e3c580698270ab930268cbc63ea6b9cf920874ac40de4a06bdbebc7c2eade71", "MIT"},
    {"codeforces", "codeforces_rllm_test.json", "github:agentica-project/rllm@874daa4acb7f/rllm/data/test/code/codeforces.json", "8e9eab7fce7e432abe4437dd997c16f1514be51d224f2d72a7bd07d58cce476a", "MIT"},
    {"humaneval_cpp", "humaneval_cpp.jsonl", "github:deepseek-ai/DeepSeek-Coder@2f9fd85927c6/Evaluation/HumanEval/data/humaneval-cpp.jsonl", "8717eabdf202137158c84506144b0fb1e73d5ecccbe5363ec79009ca014df629", "MIT"},
    {"leetcode", "leetcode_20240121_jul_deepseek.jsonl", "github:deepseek-ai/DeepSeek-Coder@2f9fd85927c6/Evaluation/LeetCode/data/20240121-Jul.jsonl", "7630417651034cfef749d2b21b47163921e1199e078b39ecbc218b4e7c73fbfc", "MIT"},
    {"cruxeval_o", "cruxeval.jsonl", "github:facebookresearch/cruxeval@190faf16d175/data/cruxeval.jsonl", "8368b81047dc5014e4caf5a2f97604eff7644e0ecd7415e3ceeb184bbc2e0c96", "MIT"},
    {"cruxeval_i", "cruxeval.jsonl", "github:facebookresearch/cruxeval@190faf16d175/data/cruxeval.jsonl", "8368b81047dc5014e4caf5a2f97604eff7644e0ecd7415e3ceeb184bbc2e0c96", "MIT"},
    {"bbh/boolean_expressions", "boolean_expressions.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/boolean_expressions.json", "ea6c754ec005e2d3f2d085d349a740f593b5764f32ea4638ffed4cfc0061b12a", "MIT"},
    {"bbh/boolean_expressions", "boolean_expressions.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/boolean_expressions.txt", "", "MIT"},
    {"bbh/causal_judgement", "causal_judgement.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/causal_judgement.json", "6e8bca44dd402008ed41c07a3d0a1d5e7b03db7001a7e002fcdf4c60985ea081", "MIT"},
    {"bbh/causal_judgement", "causal_judgement.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/causal_judgement.txt", "", "MIT"},
    {"bbh/date_understanding", "date_understanding.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/date_understanding.json", "0148d4ac5fca05b2f82373e5fef7208e15363b9c6079493034d77b3dab496bf5", "MIT"},
    {"bbh/date_understanding", "date_understanding.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/date_understanding.txt", "", "MIT"},
    {"bbh/disambiguation_qa", "disambiguation_qa.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/disambiguation_qa.json", "cf06df9ebf911b883671cb1b35d3fbd1a1c306b19b9e9a012407e596c85fe8c6", "MIT"},
    {"bbh/disambiguation_qa", "disambiguation_qa.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/disambiguation_qa.txt", "", "MIT"},
    {"bbh/dyck_languages", "dyck_languages.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/dyck_languages.json", "3f9badedf15c2be1ce53d94fdf016299bb30ba231ef087ab9f51a7ed6d0bdc25", "MIT"},
    {"bbh/dyck_languages", "dyck_languages.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/dyck_languages.txt", "", "MIT"},
    {"bbh/formal_fallacies", "formal_fallacies.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/formal_fallacies.json", "4c1adb664821157faade1d4153685403afcc02648f3c180a608a18f17f589629", "MIT"},
    {"bbh/formal_fallacies", "formal_fallacies.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/formal_fallacies.txt", "", "MIT"},
    {"bbh/geometric_shapes", "geometric_shapes.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/geometric_shapes.json", "07be68a124420caa2ebc0b2c858ad79fc55c5c8806170e496e1e17ebfb11f31c", "MIT"},
    {"bbh/geometric_shapes", "geometric_shapes.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/geometric_shapes.txt", "", "MIT"},
    {"bbh/hyperbaton", "hyperbaton.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/hyperbaton.json", "b6d7f55c75f5d02f2987a4f3123802dfa093872089a56a334144aae8a7264fdc", "MIT"},
    {"bbh/hyperbaton", "hyperbaton.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/hyperbaton.txt", "", "MIT"},
    {"bbh/logical_deduction_five_objects", "logical_deduction_five_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/logical_deduction_five_objects.json", "d2df31394b903b7f0e085d42a69572a092987856eac076799017d70ef266fa8f", "MIT"},
    {"bbh/logical_deduction_five_objects", "logical_deduction_five_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/logical_deduction_five_objects.txt", "", "MIT"},
    {"bbh/logical_deduction_seven_objects", "logical_deduction_seven_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/logical_deduction_seven_objects.json", "2896c7e3482eea318dd37bcc370d24ec3cc91e8374c1784287b5dbd38a529e33", "MIT"},
    {"bbh/logical_deduction_seven_objects", "logical_deduction_seven_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/logical_deduction_seven_objects.txt", "", "MIT"},
    {"bbh/logical_deduction_three_objects", "logical_deduction_three_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/logical_deduction_three_objects.json", "e590fae72e3a6041fbd23bd8ff6b74baf44ca563f6ba40a041c55e7b867c1681", "MIT"},
    {"bbh/logical_deduction_three_objects", "logical_deduction_three_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/logical_deduction_three_objects.txt", "", "MIT"},
    {"bbh/movie_recommendation", "movie_recommendation.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/movie_recommendation.json", "a8b53a87ee21a865b7248e694f388a9b8f7cf6b839b11d44796a2dd3fc088983", "MIT"},
    {"bbh/movie_recommendation", "movie_recommendation.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/movie_recommendation.txt", "", "MIT"},
    {"bbh/multistep_arithmetic_two", "multistep_arithmetic_two.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/multistep_arithmetic_two.json", "c9d5a6433c9b78256422a15c78463949c8bec8d85607aa28b52d7234ad4a8595", "MIT"},
    {"bbh/multistep_arithmetic_two", "multistep_arithmetic_two.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/multistep_arithmetic_two.txt", "", "MIT"},
    {"bbh/navigate", "navigate.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/navigate.json", "b7944dfd3c81da5c4815bd75b00d6fa3c64140823498e78ed496f4c3d36f7f0d", "MIT"},
    {"bbh/navigate", "navigate.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/navigate.txt", "", "MIT"},
    {"bbh/object_counting", "object_counting.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/object_counting.json", "8acef14dbbdd40d2326ef7755750b6b5fe919fef06276af1bab3f1c297f022ff", "MIT"},
    {"bbh/object_counting", "object_counting.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/object_counting.txt", "", "MIT"},
    {"bbh/penguins_in_a_table", "penguins_in_a_table.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/penguins_in_a_table.json", "bb87ee449698eee51215e025a453b1bcb2f5e6589c2063b2c79e68b8f0655228", "MIT"},
    {"bbh/penguins_in_a_table", "penguins_in_a_table.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/penguins_in_a_table.txt", "", "MIT"},
    {"bbh/reasoning_about_colored_objects", "reasoning_about_colored_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/reasoning_about_colored_objects.json", "0a8850cf95166020fce7a78244026ceedd7ea839302471512b4f8744e85a6a49", "MIT"},
    {"bbh/reasoning_about_colored_objects", "reasoning_about_colored_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/reasoning_about_colored_objects.txt", "", "MIT"},
    {"bbh/ruin_names", "ruin_names.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/ruin_names.json", "b6f723aef2bafdd4c7bfc3c7e0329c7e8a8279391a609969c8ed76c9319f5f7f", "MIT"},
    {"bbh/ruin_names", "ruin_names.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/ruin_names.txt", "", "MIT"},
    {"bbh/salient_translation_error_detection", "salient_translation_error_detection.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/salient_translation_error_detection.json", "becf3eb8dd53c821a555ecd5c1334ecd93eb25f980e63be963c518e7138de5da", "MIT"},
    {"bbh/salient_translation_error_detection", "salient_translation_error_detection.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/salient_translation_error_detection.txt", "", "MIT"},
    {"bbh/snarks", "snarks.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/snarks.json", "54a0661fe2de06167645a4965e6bcf963c4ba307e76262a7c750998b0e3d0d0e", "MIT"},
    {"bbh/snarks", "snarks.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/snarks.txt", "", "MIT"},
    {"bbh/sports_understanding", "sports_understanding.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/sports_understanding.json", "63ca262858f6176864515cd8cf53cdaa40839ebecc155b726d77930855d167bf", "MIT"},
    {"bbh/sports_understanding", "sports_understanding.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/sports_understanding.txt", "", "MIT"},
    {"bbh/temporal_sequences", "temporal_sequences.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/temporal_sequences.json", "92a1189faaa84aacc4c405aaa13f13f48c2992eb884772eedb622505252baef5", "MIT"},
    {"bbh/temporal_sequences", "temporal_sequences.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/temporal_sequences.txt", "", "MIT"},
    {"bbh/tracking_shuffled_objects_five_objects", "tracking_shuffled_objects_five_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/tracking_shuffled_objects_five_objects.json", "2063a46a4fb484236ed4310523606543a3e1dd4a4dc34eda65d407910ece25a5", "MIT"},
    {"bbh/tracking_shuffled_objects_five_objects", "tracking_shuffled_objects_five_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/tracking_shuffled_objects_five_objects.txt", "", "MIT"},
    {"bbh/tracking_shuffled_objects_seven_objects", "tracking_shuffled_objects_seven_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/tracking_shuffled_objects_seven_objects.json", "b59fd05b850c37cf57cb514ae1e6975c00b1638ade2291722056b2af3c54084d", "MIT"},
    {"bbh/tracking_shuffled_objects_seven_objects", "tracking_shuffled_objects_seven_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/tracking_shuffled_objects_seven_objects.txt", "", "MIT"},
    {"bbh/tracking_shuffled_objects_three_objects", "tracking_shuffled_objects_three_objects.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/tracking_shuffled_objects_three_objects.json", "546cc7bf10c6a01a6a4c17ae28a4966485f21f29fd5d111f37858ec78e354f6b", "MIT"},
    {"bbh/tracking_shuffled_objects_three_objects", "tracking_shuffled_objects_three_objects.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/tracking_shuffled_objects_three_objects.txt", "", "MIT"},
    {"bbh/web_of_lies", "web_of_lies.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/web_of_lies.json", "3e60323f8514a107fdb4edf35f8832a9171c5a09c0eaa47823559de905e8ab8b", "MIT"},
    {"bbh/web_of_lies", "web_of_lies.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/web_of_lies.txt", "", "MIT"},
    {"bbh/word_sorting", "word_sorting.json", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/bbh/word_sorting.json", "2a6132d2c99f00d0d2eb1113ac6b4a918bd969d863c48749210d969713db8d43", "MIT"},
    {"bbh/word_sorting", "word_sorting.txt", "github:suzgunmirac/BIG-Bench-Hard@9ee07bd481fe/cot-prompts/word_sorting.txt", "", "MIT"},
};

// Other forms of the same benchmarks that are known by their content.
constexpr DataSource kOtherForms[] = {
    {"", "aime24_nemo.jsonl", "github:NVIDIA/NeMo-Skills@0b012df8a09c/nemo_skills/dataset/aime24/test.txt", "e428f83ec735201c9db2a232727f4c20dbce87079ed386b6e3fb7f756d078756", "Apache-2.0"},
    {"", "aime24_qwen.jsonl", "github:QwenLM/Qwen2.5-Math@a45202bd16f1/evaluation/data/aime24/test.jsonl", "af2b8bd2aa911b6333ad0df32f3ca05c7ae8ed10f1731f4372c8ae26990bf7ac", "none stated"},
    {"", "aime24_rllm.json", "github:agentica-project/rllm@874daa4acb7f/rllm/data/test/math/aime.json", "03fd341fee10fb71cf906be4eb3042081f314c4d16077489e41f9375085d20d2", "MIT"},
    {"", "aime25_nemo.jsonl", "github:NVIDIA/NeMo-Skills@0b012df8a09c/nemo_skills/dataset/aime25/test.txt", "b672f9c6660b68dd42f5fc705b17405f24eaa9991c98991d63463c6b683468a8", "Apache-2.0"},
    {"", "aime_2021_2024_logicrl.jsonl", "github:Unakar/Logic-RL@9d2c457525ec/math_eval/aime_2021_2024.jsonl", "d6be22c5c8b916e166bffd3f2e03d4ae3ef1a010587bec9c6e2737e1831c9ab4", "Apache-2.0"},
    {"", "aime_2022_2024_aimo_validation.jsonl", "github:PRIME-RL/PRIME@18ad596f08d4/eval/data/AI-MO/aimo-validation-aime/aimo-validation-aime.jsonl", "7db6f782e60f62dafcc492d5c12f59e2a4e7ae74544d98224c5e25afdff32d5a", "Apache-2.0"},
    {"", "aime_2024_II_matharena.jsonl", "github:eth-sri/matharena@1193d06/data/aime/aime_2024_II/", "9d7541b525a1494d31d35e405c71a5e6f1d5a0a1640d650f9fb9aa70ecaa2d45", "MIT"},
    {"", "aime_2024_I_matharena.jsonl", "github:eth-sri/matharena@1193d06/data/aime/aime_2024_I/", "f1b716e657a289b3078e8a1a9aa47fc565c4569f4e51a17c5780fd5db17fd883", "MIT"},
    {"", "aime_2025_II_matharena.jsonl", "github:eth-sri/matharena@1193d06/data/aime/aime_2025_II/", "05ecf1be3deb2f70d53420884269050d20de9ff0cdef5ea1863ea8dd76ed16c8", "MIT"},
    {"", "aime_2025_I_matharena.jsonl", "github:eth-sri/matharena@1193d06/data/aime/aime_2025_I/", "f0e7e27568e804ad1abfa7c9c021ed23f1d974d608b37796529f429b38eeac75", "MIT"},
    {"", "knights_knaves_3ppl_test.jsonl", "github:Unakar/Logic-RL@9d2c457525ec/data/kk/instruct/3ppl/test.parquet", "a6399ea491058ec6d73f259a00eb55cfffd4c9f86fd594c6fe6d55d6ea5fcab9", "Apache-2.0"},
    {"", "knights_knaves_5ppl_test.jsonl", "github:Unakar/Logic-RL@9d2c457525ec/data/kk/instruct/5ppl/test.parquet", "473c5d67a439e0ad8b58025bcd3fd875809c90c54dc45541ab49080bdb560eb1", "Apache-2.0"},
    {"", "knights_knaves_7ppl_test.jsonl", "github:Unakar/Logic-RL@9d2c457525ec/data/kk/instruct/7ppl/test.parquet", "b661b6282e06d387a501b66c6b1ac1515c568afcbac92962d61bc1f9b889574b", "Apache-2.0"},
    {"", "leetcode_rllm_test.json", "github:agentica-project/rllm@874daa4acb7f/rllm/data/test/code/leetcode.json", "a0664eee5e7356af13a01932bbe625bb8a0c15f067f5a964bc96f45ba439e66c", "MIT"},
    {"", "livecodebench_v5_qwq_prompts.jsonl", "github:QwenLM/QwQ@620a5eadc89f/eval/data/livecodebench_v5.jsonl", "6441538a8f5f4d598480315fb5b0b4ca47489bfb7d496972e290d06e39679905", "Apache-2.0"},
    {"", "mario_math_testset_annotation.json", "github:MARIO-Math-Reasoning/MARIO_EVAL@13584f20b71f/data/math_testset_annotation.json", "4061f7d8a6c9a49f043e7e39937f653826598716b6018d2ef99e63c2e1995b28", "none stated"},
    {"", "math500.jsonl", "github:hkust-nlp/simpleRL-reason@cf1c7858bfc1/examples/simplelr_math_eval/data/math500/test.jsonl", "35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132", "MIT"},
    {"", "HumanEval.jsonl", "github:openai/human-eval@6d43fb980f9f/data/HumanEval.jsonl.gz", "1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2", "MIT"},
};

} // namespace

std::vector<DataSource> sources_of(std::string_view task) {
  std::vector<DataSource> sources;
  std::copy_if(std::begin(kSources), std::end(kSources), std::back_inserter(sources), [&](const DataSource& source) { return source.task == task; });
  return sources;
}

const DataSource* pinned_source(std::string_view file) {
  for (std::string_view packed : {".gz", ".zst"})
    if (file.ends_with(packed)) file.remove_suffix(packed.size());
  auto names_it = [&](const DataSource& source) { return !source.sha256.empty() && (source.file == file || source.file == std::string(file) + ".gz"); };
  if (auto found = std::find_if(std::begin(kSources), std::end(kSources), names_it); found != std::end(kSources)) return found;
  auto other = std::find_if(std::begin(kOtherForms), std::end(kOtherForms), names_it);
  return other == std::end(kOtherForms) ? nullptr : other;
}

} // namespace proctor
