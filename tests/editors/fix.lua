-- Neovim without a screen: opens a file, waits for a finding, lets a server mend it, saves.
--
-- In: a configuration that starts servers, and the variables FILE, MENDER (the server whose rewrite is applied) and TYPED (what is
-- typed above the first line before that, or nothing). Out: the file on the disk; on stdout how many findings there were, the
-- line of the first and its code; and exit code 0.

local environment = vim.env
local patience = 180000

local function fail(message)
  io.stderr:write(message .. '\n')
  vim.cmd('cquit 1')
end

local function until_true(what, is_so)
  if not vim.wait(patience, is_so, 50) then
    fail('waited in vain for ' .. what)
  end
end

vim.o.swapfile = false
vim.cmd.edit(vim.fn.fnameescape(environment.FILE))
local buffer = vim.api.nvim_get_current_buf()
if vim.bo[buffer].filetype ~= 'rust' then
  vim.bo[buffer].filetype = 'rust'
end

local function ours()
  return vim.tbl_filter(function(one)
    return one.source == 'conjoin' and one.severity <= vim.diagnostic.severity.WARN
  end, vim.diagnostic.get(buffer))
end

local function mender()
  return vim.lsp.get_clients({ bufnr = buffer, name = environment.MENDER })[1]
end

-- Neovim 0.10 has functions where later ones have methods.
local function ask(method, params)
  local client = mender()
  if vim.fn.has('nvim-0.11') == 1 then
    return client:request_sync(method, params, patience, buffer)
  end
  return client.request_sync(method, params, patience, buffer)
end

until_true('the server', mender)
if (environment.TYPED or '') ~= '' then
  vim.api.nvim_buf_set_lines(buffer, 0, 0, false, vim.split(environment.TYPED, '\n'))
end
local saved = vim.uv.now()
until_true('a finding', function()
  -- rust-analyzer looks again only when something is saved.
  if environment.MENDER == 'rust-analyzer' and vim.uv.now() - saved > 10000 then
    saved = vim.uv.now()
    vim.cmd('silent write')
  end
  return #ours() > 0
end)

local shown
local function mend()
  -- What is shown may be about the text before the last stroke still, and then nothing is offered there.
  local finding = ours()[1]
  if not finding then
    return false
  end
  shown = ('%d %d %s\n'):format(#ours(), finding.lnum + 1, finding.code)
  local client = mender()
  -- In units of the server, while Neovim counts bytes.
  local line = vim.api.nvim_buf_get_lines(buffer, finding.lnum, finding.lnum + 1, false)[1]
  local utf16 = select(2, vim.str_utfindex(line, finding.col))
  local column = client.offset_encoding == 'utf-8' and finding.col or utf16
  local place = { line = finding.lnum, character = column }
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buffer),
    range = { start = place, ['end'] = place },
  }
  params.context = { diagnostics = {} }
  local answer = ask('textDocument/codeAction', params)
  for _, action in ipairs(answer and answer.result or {}) do
    if action.title:find('await', 1, true) then
      if not action.edit then
        action = ask('codeAction/resolve', action).result
      end
      vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      return true
    end
  end
  return false
end

until_true('a rewrite', mend)
io.stdout:write(shown)
if environment.MENDER == 'conjoin' then
  until_true('nothing left to say of what it has made', function()
    return #ours() == 0
  end)
end
vim.cmd('silent write')
vim.cmd('qall!')
